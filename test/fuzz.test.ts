import t from 'tap';
import { fuzz, inputsFrom } from './fuzz.ts';

t.test('B4.04 B4.12 B6.03 no input ends in anything but an answer or a refusal with 400', async (t) => {
  const { parts, failures } = fuzz(5_000, 20_260_101);
  t.same(failures, []);
  for (const [part, { accepted, refused }] of Object.entries(parts)) {
    t.equal(accepted + refused, 5_000, `${part}: every input was answered`);
    t.ok(accepted > 50 && refused > 50, `${part}: ${accepted} accepted, ${refused} refused`);
  }
});

t.test('the same seed gives the same inputs, another seed gives others', async (t) => {
  const first = (seed: number): string[] => {
    const supply = inputsFrom(seed);
    return Array.from({ length: 50 }, () => supply.next().value);
  };
  t.same(first(7), first(7));
  t.notSame(first(7), first(8));
});
