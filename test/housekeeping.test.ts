import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createHousekeeping } from '../src/housekeeping.ts';
import type { Observation } from '../src/observe.ts';

type Told = Extract<Observation, { kind: 'job' }>;

/** Keeps the process alive, which housekeeping does not. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1);
}

t.test('jobs come again and again, also after a failure, which is told', async (t) => {
  const told: Told[] = [];
  let runs = 0;
  const run = async (): Promise<void> => {
    runs += 1;
    if (runs === 2) throw new Error('the second run fails');
  };
  const jobs = [{ name: 'count', everyMs: 1, run }];
  const housekeeping = createHousekeeping(jobs, (observation) => told.push(observation as Told));
  await until(() => runs >= 3);
  await housekeeping.close();
  t.match(told.slice(0, 3), [
    { kind: 'job', name: 'count', durationMs: Number, error: undefined },
    { error: { message: 'the second run fails' } },
    { error: undefined },
  ]);
});

t.test('no job runs twice at once, and one does not wait for another', async (t) => {
  let finish = (): void => undefined;
  let running = 0;
  let most = 0;
  let others = 0;
  const slow = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => (finish = resolve));
    running -= 1;
  };
  const housekeeping = createHousekeeping(
    [
      { name: 'slow', everyMs: 1, run: slow },
      { name: 'other', everyMs: 1, run: async () => (others += 1) },
    ],
    () => undefined,
  );
  await until(() => running === 1 && others >= 3);
  const asked = housekeeping.run('slow');
  finish();
  await asked;
  t.equal(most, 1);
  await until(() => running === 1);
  finish();
  await housekeeping.close();
  await t.rejects(housekeeping.run('none'), { message: /no job none/ });
});

t.test(
  'when the server closes, what is under way is told to stop and waited for, and nothing begins',
  async (t) => {
    const seen: string[] = [];
    const run = async (signal: AbortSignal): Promise<void> => {
      seen.push('begun');
      await until(() => signal.aborted);
      seen.push('stopped');
    };
    const housekeeping = createHousekeeping([{ name: 'long', everyMs: 1, run }], () => undefined);
    await until(() => seen.length === 1);
    await housekeeping.close();
    t.same(seen, ['begun', 'stopped']);
    await sleep(20);
    t.same(seen, ['begun', 'stopped']);
  },
);
