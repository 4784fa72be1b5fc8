import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { digestOf, looksLikeCredential, mintCredential } from '../../src/store/credential.ts';

t.test('a credential has 256 random bits and a form that secret scanners know (B13.03)', async (t) => {
  const minted = Array.from({ length: 200 }, mintCredential);
  t.equal(new Set(minted).size, 200);
  for (const text of minted) t.match(text, /^rc_[0-9A-Za-z]{49}$/);
  // 43 digits of 62 hold 256 bits, and every digit occurs.
  t.ok(62n ** 43n > 2n ** 256n);
  t.equal(new Set(minted.flatMap((text) => text.slice(3, 46).split(''))).size, 62);
  t.ok(minted.every(looksLikeCredential));
});

t.test('the checksum is CRC-32 of what stands before it, in base62', async (t) => {
  t.ok(looksLikeCredential(`rc_${'0'.repeat(43)}2bgPyo`));
  t.ok(looksLikeCredential(`rc_${'z'.repeat(43)}4LDigx`));
});

t.test('a credential with any one character wrong is told apart without a database (B13.03)', async (t) => {
  const digit = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 51 }), digit, (index, character) => {
      const text = mintCredential();
      const changed = text.slice(0, index) + character + text.slice(index + 1);
      return looksLikeCredential(changed) === (changed === text);
    }),
  );
  t.pass();
});

t.test('what was never a credential is told apart', async (t) => {
  const text = mintCredential();
  for (const other of [
    '',
    'rc_',
    text.slice(0, -1),
    `${text}0`,
    ` ${text}`,
    `${text}\n`,
    text.toUpperCase(),
    `Bearer ${text}`,
  ])
    t.notOk(looksLikeCredential(other), JSON.stringify(other));
  fc.assert(fc.property(fc.string(), (any) => !looksLikeCredential(any)));
});

t.test('what is kept of it is its SHA-256 (B13.03)', async (t) => {
  const text = mintCredential();
  t.equal(digestOf(text), createHash('sha256').update(text).digest('base64'));
});
