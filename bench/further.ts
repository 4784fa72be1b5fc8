/** What is measured beside the scenarios, of Rollcall alone. */
import type { Scenario } from './scenario.ts';
import { memoryOf, type Server } from './server.ts';
import { runPhase } from './side.ts';
import { median } from './statistics.ts';
import type { World } from './world.ts';

interface Means {
  readonly world: World;
  readonly find: (name: string) => Scenario;
  /** Another process of Rollcall. */
  readonly start: () => Promise<Server>;
  readonly seconds: number;
  readonly starts: number;
}

type Measurement = (means: Means) => Promise<number>;

const during = (seconds: number) => {
  const end = performance.now() + seconds * 1_000;
  return () => performance.now() >= end;
};

async function start({ start: another, starts }: Means): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < starts; n += 1) {
    const server = await another();
    times.push(server.startedIn / 1_000);
    await server.stop();
  }
  return median(times);
}

async function largeGroupMemory({ world, find, start: another, seconds }: Means): Promise<number> {
  const server = await another();
  try {
    // Once, so that connections and code are there.
    await runPhase(world, server, find('get-user'), { clients: 4, seed: 1, until: during(1) });
    const idle = memoryOf(server);
    let peak = idle;
    const watch = setInterval(() => {
      peak = Math.max(peak, memoryOf(server));
    }, 20);
    await runPhase(world, server, find('group-whole'), { clients: 4, seed: 1, until: during(seconds) });
    clearInterval(watch);
    return (peak - idle) / 2 ** 20;
  } finally {
    await server.stop();
  }
}

async function lookUpAmongWrites({ world, find, start: another, seconds }: Means): Promise<number> {
  const server = await another();
  try {
    const writing = { clients: 16, seed: 2, until: during(seconds + 1) };
    const writes = runPhase(world, server, find('put-user'), writing);
    const [{ p50, p99 }] = await Promise.all([
      runPhase(world, server, find('look-up-username'), { clients: 4, seed: 3, until: during(seconds) }),
      writes,
    ]);
    return p99 / p50;
  } finally {
    await server.stop();
  }
}

/** By the names of their goals. */
export const FURTHER: ReadonlyMap<string, Measurement> = new Map([
  ['start', start],
  ['large-group-memory', largeGroupMemory],
  ['look-up-among-writes', lookUpAmongWrites],
]);
