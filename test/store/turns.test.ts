import { setImmediate as soon } from 'node:timers/promises';
import t from 'tap';
import { createTurns } from '../../src/store/turns.ts';

const late = (): Error => new Error('late');

t.test('so many work at once, and the others in the order in which they came', async (t) => {
  const turns = createTurns(2, 60_000, late);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const works = [0, 1, 2, 3].map((n) =>
    turns.take(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => (ends[n] = resolve));
      if (n === 1) throw new Error('failed');
      return n;
    }),
  );
  const outcomes = Promise.allSettled(works);
  await soon();
  t.same(begun, [0, 1]);
  ends[1]?.();
  await soon();
  t.same(begun, [0, 1, 2], 'also behind one that failed');
  ends[0]?.();
  await soon();
  ends[2]?.();
  ends[3]?.();
  t.match(await outcomes, [{ value: 0 }, { reason: /failed/ }, { value: 2 }, { value: 3 }]);
  t.equal(await turns.take(async () => 'free'), 'free');
});

t.test('whoever has waited too long is told, and takes nobody’s turn', async (t) => {
  const turns = createTurns(1, 5, late);
  let end = (): void => undefined;
  const first = turns.take(() => new Promise<void>((resolve) => (end = resolve)));
  await t.rejects(
    turns.take(async () => t.fail('it has no turn')),
    { message: 'late' },
  );
  end();
  await first;
  t.equal(await turns.take(async () => 'free'), 'free');
});
