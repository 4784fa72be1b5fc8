/** One scenario, alternately on both sides, round by round. */
import type { Observed } from './database.ts';
import type { Scenario } from './scenario.ts';
import { memoryOf, type Server } from './server.ts';
import { type Phase, runPhase } from './side.ts';
import { median } from './statistics.ts';
import { processUsage } from './usage.ts';
import type { World } from './world.ts';

/** Medians over the rounds. What is not known is NaN. */
export interface Figures {
  readonly perSecond: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
  readonly statements: number;
  readonly buffers: number;
  /** Of the server, in ms a request. */
  readonly cpu: number;
  /** Of PostgreSQL, in ms a request. */
  readonly databaseCpu: number;
  /** The most that was resident at once, in bytes. */
  readonly memory: number;
}

export interface Measured {
  readonly name: string;
  readonly title: string;
  readonly clients: number;
  readonly rollcall: Figures;
  readonly bare: Figures;
  /** The median of the rounds' ratios of requests per second. */
  readonly ratio: number;
  /** The smallest and largest of them. */
  readonly spread: readonly [number, number];
}

interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly clients: number;
  readonly onRound: (round: number) => void;
}

/** @param servers Rollcall and the bare handler */
export async function measure(
  world: World,
  servers: readonly [Server, Server],
  scenario: Scenario,
  database: Observed,
  { rounds, seconds, clients, onRound }: Effort,
): Promise<Measured> {
  for (const server of servers) await phase(world, server, scenario, database, clients, seconds / 3, 0);
  const figures: [Figures[], Figures[]] = [[], []];
  for (let round = 1; round <= rounds; round += 1) {
    const order = round % 2 === 1 ? ([0, 1] as const) : ([1, 0] as const);
    for (const side of order) {
      figures[side].push(await phase(world, servers[side], scenario, database, clients, seconds, round));
    }
    onRound(round);
  }
  const [rollcall, bare] = figures;
  const ratios = rollcall.map(({ perSecond }, index) => perSecond / (bare[index]?.perSecond ?? Number.NaN));
  return {
    name: scenario.name,
    title: scenario.title,
    clients,
    rollcall: middle(rollcall),
    bare: middle(bare),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}

async function phase(
  world: World,
  server: Server,
  scenario: Scenario,
  database: Observed,
  clients: number,
  seconds: number,
  seed: number,
): Promise<Figures> {
  await database.reset();
  const before = { cpu: processUsage(server.pid).cpu, database: database.cpu() };
  let memory = memoryOf(server);
  const watch = setInterval(() => {
    memory = Math.max(memory, memoryOf(server));
  }, 50);
  let end = 0;
  let done: Phase;
  try {
    done = await runPhase(world, server, scenario, {
      clients,
      seed,
      until: () => {
        // The clock starts with the first step, after what leads up to it.
        end ||= performance.now() + seconds * 1_000;
        return performance.now() >= end;
      },
    });
  } finally {
    clearInterval(watch);
  }
  const { requests } = done;
  const cpu = processUsage(server.pid).cpu - before.cpu;
  const databaseCpu = database.cpu() - before.database;
  const { statements, buffers } = await database.work();
  return {
    perSecond: requests / done.seconds,
    p50: done.p50,
    p99: done.p99,
    statements: statements / requests,
    buffers: buffers / requests,
    cpu: cpu / requests,
    databaseCpu: databaseCpu / requests,
    memory: Math.max(memory, memoryOf(server)),
  };
}

function middle(all: readonly Figures[]): Figures {
  const of = (name: keyof Figures): number => median(all.map((figures) => figures[name]));
  return {
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    statements: of('statements'),
    buffers: of('buffers'),
    cpu: of('cpu'),
    databaseCpu: of('databaseCpu'),
    memory: Math.max(...all.map(({ memory }) => memory)),
  };
}
