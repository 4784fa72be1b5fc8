/** npm run bench: seeds, starts both sides, measures, reports. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chart } from './chart.ts';
import { observe } from './database.ts';
import { type Found, fragment, insertFragment } from './fragment.ts';
import { FURTHER } from './further.ts';
import { GOALS } from './goals.ts';
import { describeMachine } from './machine.ts';
import { measure, type Measured } from './measure.ts';
import type { Options } from './options.ts';
import { outcomesOf, outcomeTable } from './outcome.ts';
import { prepareDirectory, type Prepared } from './prepare.ts';
import { createProgress } from './progress.ts';
import { scenarioTable } from './report.ts';
import type { Scenario } from './scenario.ts';
import { MEMBERS } from './scenarios/members.ts';
import { MIXES } from './scenarios/mixes.ts';
import { READS } from './scenarios/reads.ts';
import { WRITES } from './scenarios/writes.ts';
import { startRollcall, startServer } from './server.ts';
import { plainTable } from './table.ts';
import { verify } from './verify.ts';
import { PUBLIC_URL } from './world.ts';

export interface Postgres {
  readonly url: string;
  stop(): Promise<unknown>;
}

/** Simultaneous small requests where nothing else is said. */
const CLIENTS = 16;

const SCENARIOS: readonly Scenario[] = [...READS, ...MEMBERS, ...WRITES, ...MIXES];

/**
 * @param root the folder of this checkout
 * @param postgres a server on which databases may be made
 * @returns the exit code
 */
export async function run(options: Options, root: string, postgres: Postgres): Promise<number> {
  const progress = createProgress();
  const wanted = (name: string): boolean => options.only.length === 0 || options.only.includes(name);
  const chosen = SCENARIOS.filter(({ name }) => wanted(name));
  const names = new Set([...SCENARIOS.map(({ name }) => name), ...FURTHER.keys()]);
  const unknown = options.only.filter((name) => !names.has(name));
  if (unknown.length > 0)
    throw new Error(`There is no ${unknown.join(', ')}; there are: ${[...names].join(', ')}`);
  const scratch = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const adminToken = randomBytes(24).toString('hex');
  const folder = resolve(options.rollcall ?? root);
  const start = (url: string, nodeArgs: readonly string[] = []) =>
    startRollcall(folder, scratch, url, { adminToken, publicUrl: PUBLIC_URL, nodeArgs });
  const migrations = readdirSync(join(folder, 'migrations')).length;
  let prepared: Prepared | undefined;
  const stops: (() => Promise<unknown>)[] = [];
  try {
    prepared = await prepareDirectory(options, postgres.url, {
      start,
      adminToken,
      scratch,
      progress,
      migrations,
    });
    const { world, url, tokensFile } = prepared;
    const database = await observe(postgres.url, url);
    stops.push(() => database.close());
    const bare = await startServer({
      name: 'bare',
      args: [join(root, 'build/bench/bare/main.js'), tokensFile, PUBLIC_URL],
      cwd: scratch,
      env: { DATABASE_URL: url },
      log: join(scratch, 'bare.log'),
    });
    stops.push(() => bare.stop());
    const shared = options.prof === undefined ? await start(url) : undefined;
    if (shared) stops.push(() => shared.stop());

    const measured: Measured[] = [];
    for (const scenario of chosen) {
      const rollcall = shared ?? (await start(url, profiling(options.prof, scenario.name)));
      const clients =
        scenario.connections === 'small' ? (options.concurrency ?? CLIENTS) : scenario.connections;
      await verify(world, [rollcall, bare], scenario, database);
      // What takes long is not repeated when there is little time.
      const rounds = options.quick && scenario.longer !== undefined ? 1 : options.rounds;
      const seconds = options.seconds * (options.quick ? 1 : (scenario.longer ?? 1));
      const onRound = (round: number): void => progress.bar(round, rounds, scenario.name);
      const found = await measure(world, [rollcall, bare], scenario, database, {
        rounds,
        seconds,
        clients,
        onRound,
      });
      measured.push(found);
      const { ratio, spread } = found;
      const texts = [ratio, ...spread].map((value) => value.toFixed(2));
      progress.step(
        `${scenario.name}: ${found.rollcall.perSecond.toFixed(0)}/s, bare ${found.bare.perSecond.toFixed(0)}/s, ratio ${texts[0]} (${texts[1]}–${texts[2]})`,
      );
      if (!shared) await rollcall.stop();
    }
    const further = new Map<string, number>();
    for (const [name, measurement] of FURTHER) {
      if (!wanted(name) || options.prof !== undefined) continue;
      progress.step(name);
      const find = (wantedName: string): Scenario => {
        const found = SCENARIOS.find((scenario) => scenario.name === wantedName);
        if (!found) throw new Error(`there is no scenario ${wantedName}`);
        return found;
      };
      const seconds = Math.max(1, options.seconds);
      const starts = options.quick ? 3 : 7;
      further.set(name, await measurement({ world, find, start: () => start(url), seconds, starts }));
    }
    const [held] = await database.query('select count(*)::int as n from rollcall_data.held_effects');
    if (held?.['n'] !== 0) throw new Error('Effects were held, so that not everything was carried out.');
    const outcomes = outcomesOf(measured, further);
    write({ options, machine: await describeMachine(database, folder), measured, outcomes }, root);
    return options.quick && outcomes.some(({ verdict }) => verdict === 'far off') ? 1 : 0;
  } finally {
    for (const stop of stops.toReversed()) await stop();
    await prepared?.drop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Tells what was found, wherever it was asked for. */
function write(found: Found, root: string): void {
  const { options, measured, outcomes } = found;
  console.log(`${plainTable(scenarioTable(measured))}\n\n${plainTable(outcomeTable(outcomes))}`);
  const bars = measured.map(({ name, ratio }) => ({
    name,
    value: ratio,
    goal: GOALS.find((goal) => goal.name === name)?.least,
  }));
  const title = `Requests per second in proportion to the bare handler, ${options.users.toLocaleString('en')} users`;
  const picture = chart(title, bars);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(found, null, 2)}\n`);
  if (options.markdown !== undefined)
    writeFileSync(options.markdown, `${fragment(found, options.svg ?? 'chart.svg')}\n`);
  if (options.svg !== undefined) writeFileSync(options.svg, picture);
  if (options.docs) {
    const page = join(root, 'docs/performance.md');
    const file = `performance-${options.users}.svg`;
    writeFileSync(page, insertFragment(readFileSync(page, 'utf8'), options.users, fragment(found, file)));
    writeFileSync(join(root, 'docs', file), picture);
  }
}

function profiling(folder: string | undefined, name: string): string[] {
  if (folder === undefined) return [];
  const path = resolve(folder, name);
  mkdirSync(path, { recursive: true });
  return ['--cpu-prof', `--cpu-prof-dir=${path}`, '--cpu-prof-interval=500'];
}
