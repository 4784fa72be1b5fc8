/** npm run bench: seeds, starts both sides, measures, reports. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { observe } from './database.ts';
import { measure, type Measured } from './measure.ts';
import type { Options } from './options.ts';
import { prepareDirectory, type Prepared } from './prepare.ts';
import { createProgress } from './progress.ts';
import { scenarioTable } from './report.ts';
import type { Scenario } from './scenario.ts';
import { MEMBERS } from './scenarios/members.ts';
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

const SCENARIOS: readonly Scenario[] = [...READS, ...MEMBERS, ...WRITES];

/**
 * @param root the folder of this checkout
 * @param postgres a server on which databases may be made
 * @returns the exit code
 */
export async function run(options: Options, root: string, postgres: Postgres): Promise<number> {
  const progress = createProgress();
  const chosen = SCENARIOS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const scratch = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const adminToken = randomBytes(24).toString('hex');
  const folder = resolve(options.rollcall ?? root);
  const start = (url: string, nodeArgs: readonly string[] = []) =>
    startRollcall(folder, scratch, url, { adminToken, publicUrl: PUBLIC_URL, nodeArgs });
  let prepared: Prepared | undefined;
  const stops: (() => Promise<unknown>)[] = [];
  try {
    prepared = await prepareDirectory(options, postgres.url, { start, adminToken, scratch, progress });
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
      const { rounds, seconds } = options;
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
    console.log(plainTable(scenarioTable(measured)));
    if (options.json !== undefined)
      writeFileSync(options.json, JSON.stringify({ options, measured }, null, 2));
    return 0;
  } finally {
    for (const stop of stops.toReversed()) await stop();
    await prepared?.drop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function profiling(folder: string | undefined, name: string): string[] {
  if (folder === undefined) return [];
  const path = resolve(folder, name);
  mkdirSync(path, { recursive: true });
  return ['--cpu-prof', `--cpu-prof-dir=${path}`, '--cpu-prof-interval=500'];
}
