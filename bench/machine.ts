/** Where a measurement was made. */
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import type { Observed } from './database.ts';

export interface Machine {
  readonly processors: number;
  readonly model: string;
  readonly memoryGb: number;
  readonly node: string;
  readonly postgres: string;
  /** What is not PostgreSQL's own default and counts for speed. */
  readonly settings: Readonly<Record<string, string>>;
  readonly commit: string;
}

const SETTINGS = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
  'jit',
  'autovacuum',
];

/** @param folder of the Rollcall that is measured */
export async function describeMachine(database: Observed, folder: string): Promise<Machine> {
  const names = SETTINGS.map((name) => `'${name}'`).join(', ');
  const settings = await database.query(
    `select name, current_setting(name) as value from pg_settings where name in (${names})`,
  );
  const [version] = await database.query(`select current_setting('server_version') as version`);
  const processors = cpus();
  return {
    processors: processors.length,
    model: processors[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: String(version?.['version']).split(' ')[0] ?? '',
    settings: Object.fromEntries(settings.map(({ name, value }) => [String(name), String(value)])),
    commit: commitOf(folder),
  };
}

function commitOf(cwd: string): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return 'unknown';
  }
}
