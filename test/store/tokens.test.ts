import t, { type Test } from 'tap';
import { digestOf, mintCredential } from '../../src/store/credential.ts';
import { isAway } from '../../src/store/errors.ts';
import { tenantStore } from '../../src/store/tenants.ts';
import { tokenStore } from '../../src/store/tokens.ts';
import { openClone } from '../support/connection.ts';

const now = new Date('2026-11-22T10:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);
const id = (n: number) => `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`;

async function stores(t: Test) {
  const connection = await openClone(t);
  const tokens = tokenStore(connection);
  const tenants = tenantStore(connection, tokens);
  for (const [n, slug] of [
    [1, 'acme'],
    [2, 'other'],
  ] as const)
    await tenants.create({ id: id(n), organizationId: id(n), slug, name: slug, now });
  return { connection, tokens, tenants };
}

const okta = { tenantId: id(1), id: id(10), name: 'okta', expiresAt: later(60_000), now };

t.test('a token is given once, and only its digest is kept (B13.03)', async (t) => {
  const { connection, tokens } = await stores(t);
  const { token, ...rest } = await tokens.create(okta);
  t.same(rest, { id: id(10), name: 'okta', createdAt: now, expiresAt: okta.expiresAt, revokedAt: null });
  const { rows } = await connection.pool.query('select * from rollcall_data.tokens');
  t.same(rows[0].digest.toString('base64'), digestOf(token));
  t.notMatch(JSON.stringify(rows), token.slice(3));
  t.same(await tokens.list(id(1)), [rest]);
  t.same(await tokens.list(id(2)), []);
});

t.test('a token speaks for its tenant', async (t) => {
  const { tokens } = await stores(t);
  const { token } = await tokens.create(okta);
  const other = await tokens.create({ ...okta, tenantId: id(2), id: id(11) });
  t.match(await tokens.authenticate(token, now), {
    tenant: { id: id(1), slug: 'acme', mode: 'tolerant' },
    token: { id: id(10), name: 'okta', expiresAt: okta.expiresAt },
  });
  t.match(await tokens.authenticate(other.token, now), { tenant: { slug: 'other' }, token: { id: id(11) } });
});

t.test('what is no token of ours is refused without asking the database', async (t) => {
  const { connection, tokens } = await stores(t);
  await connection.close();
  for (const text of ['', 'x', 'rc_', mintCredential().slice(1), `${mintCredential().slice(0, -1)}-`])
    t.equal(await tokens.authenticate(text, now), undefined);
});

t.test('an unknown token is refused, and works as soon as it is there', async (t) => {
  const { connection, tokens } = await stores(t);
  const text = mintCredential();
  t.equal(await tokens.authenticate(text, now), undefined);
  await connection.db
    .insertInto('rollcall_data.tokens')
    .values({
      tenant_id: id(1),
      id: id(12),
      name: 'x',
      digest: Buffer.from(digestOf(text), 'base64'),
      created_at: now,
      expires_at: null,
      revoked_at: null,
    })
    .execute();
  t.match(await tokens.authenticate(text, now), { token: { id: id(12), expiresAt: null } });
});

t.test('a token ends at the moment it expires, also while it is remembered (B13.03)', async (t) => {
  const { tokens } = await stores(t);
  const { token } = await tokens.create({ ...okta, expiresAt: later(1_000) });
  t.ok(await tokens.authenticate(token, later(999)));
  t.equal(await tokens.authenticate(token, later(1_000)), undefined);
  t.equal(await tokens.authenticate(token, later(1_001)), undefined);
});

t.test('a revoked token is refused by the next request', async (t) => {
  const { tokens } = await stores(t);
  const { token } = await tokens.create(okta);
  t.ok(await tokens.authenticate(token, now));
  t.ok(await tokens.revoke(id(1), id(10), later(5)));
  t.equal(await tokens.authenticate(token, later(6)), undefined);
  t.ok(await tokens.revoke(id(1), id(10), later(7)), 'again, it changes nothing');
  t.match(await tokens.list(id(1)), [{ revokedAt: later(5) }]);
});

t.test('a token is revoked by its own tenant and its own id alone', async (t) => {
  const { tokens } = await stores(t);
  const { token } = await tokens.create(okta);
  t.notOk(await tokens.revoke(id(2), id(10), now));
  t.notOk(await tokens.revoke(id(1), id(11), now));
  t.notOk(await tokens.revoke(id(1), "x' or true", now));
  t.ok(await tokens.authenticate(token, now));
});

t.test(
  'the tokens of a suspended tenant are refused by the next request, and work again after it',
  async (t) => {
    const { tokens, tenants } = await stores(t);
    const { token } = await tokens.create(okta);
    t.ok(await tokens.authenticate(token, now));
    await tenants.update(id(1), { active: false });
    t.equal(await tokens.authenticate(token, now), undefined);
    await tenants.update(id(1), { active: true });
    t.match(await tokens.authenticate(token, now), { tenant: { active: true } });
    await tenants.update(id(1), { mode: 'strict' });
    t.match(await tokens.authenticate(token, now), { tenant: { mode: 'strict' } });
  },
);

t.test('a token found valid is remembered for three seconds', async (t) => {
  const { connection, tokens } = await stores(t);
  const { token } = await tokens.create(okta);
  await tokens.authenticate(token, now);
  // As another server does it.
  await connection.pool.query('update rollcall_data.tokens set revoked_at = now()');
  t.ok(await tokens.authenticate(token, later(2_999)));
  t.equal(await tokens.authenticate(token, later(3_000)), undefined);
});

t.test('a look-up that a revocation overtakes is not remembered', async (t) => {
  const { tokens } = await stores(t);
  const { token } = await tokens.create(okta);
  for (let round = 0; round < 20; round += 1) {
    await Promise.all([tokens.authenticate(token, now), tokens.revoke(id(1), id(10), now)]);
    t.equal(await tokens.authenticate(token, now), undefined);
  }
});

t.test('while the database is away, nothing is refused: the error passes through', async (t) => {
  const { connection, tokens } = await stores(t);
  const { token } = await tokens.create(okta);
  t.ok(await tokens.authenticate(token, now));
  await connection.close();
  t.ok(await tokens.authenticate(token, later(1)), 'what is remembered is still known');
  const asked = await tokens.authenticate(token, later(3_000)).catch((error: unknown) => error);
  t.ok(isAway(asked), String(asked));
});
