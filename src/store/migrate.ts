import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';

/** The database and the files in migrations/ do not go together; `message` says what to do about it. */
export class MigrationError extends Error {
  readonly code: 'schema-newer' | 'file-changed' | 'file-order';

  constructor(code: MigrationError['code'], message: string) {
    super(message);
    this.name = 'MigrationError';
    this.code = code;
  }
}

interface Migration {
  readonly version: number;
  /** The file's name, e.g. `0001_tenants.sql`. */
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

type Applied = Pick<Migration, 'version' | 'name' | 'checksum'>;

// Any number will do, if every version of this server uses the same.
const LOCK = 7_251_340_091;

const BOOKKEEPING = `
  create schema if not exists rollcall_data;
  create table rollcall_data.migrations (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz(3) not null default now()
  );`;

/**
 * Brings the database up to the folder's last file. All pending files run in one transaction under an
 * advisory lock of that transaction, so that servers that start at once migrate once, a failed file leaves
 * nothing behind, and a pooler in transaction mode does no harm.
 *
 * @returns the names of the files applied now, and the version reached
 * @throws MigrationError when an applied file was edited, the folder has gaps, or the database is newer
 */
export async function migrate(
  pool: pg.Pool,
  folder: URL | string,
): Promise<{ readonly applied: readonly string[]; readonly version: number }> {
  const files = await readMigrations(folder);
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    // A long migration may be just what the usual limits are against.
    await client.query('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0');
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const applied = await readApplied(client);
    // Not created again, since a role that may only read and write may start a server that is up to date.
    if (applied === undefined) await client.query(BOOKKEEPING);
    const pending = pendingOf(files, applied ?? []);
    for (const { version, name, sql, checksum } of pending) {
      await client.query(sql).catch((error: unknown) => {
        throw new Error(`migrations/${name} failed: ${(error as Error).message}`, { cause: error });
      });
      await client.query(
        'insert into rollcall_data.migrations (version, name, checksum) values ($1, $2, $3)',
        [version, name, checksum],
      );
    }
    await client.query('commit');
    return Object.freeze({ applied: pending.map(({ name }) => name), version: files.at(-1)?.version ?? 0 });
  } catch (error) {
    await client.query('rollback').catch((reason: Error) => {
      broken = reason;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * The names of the files that the database lacks; none means that it is current. Changes nothing.
 *
 * @throws MigrationError as `migrate` does
 */
export async function pendingMigrations(pool: pg.Pool, folder: URL | string): Promise<readonly string[]> {
  const files = await readMigrations(folder);
  return pendingOf(files, (await readApplied(pool)) ?? []).map(({ name }) => name);
}

/** What has been applied, in order; undefined in a database that was never migrated. */
async function readApplied(database: pg.Pool | pg.PoolClient): Promise<readonly Applied[] | undefined> {
  const table = await database.query<{ exists: boolean }>(
    `select to_regclass('rollcall_data.migrations') is not null as "exists"`,
  );
  if (table.rows[0]?.exists !== true) return undefined;
  const { rows } = await database.query<Applied>(
    'select version, name, checksum from rollcall_data.migrations order by version',
  );
  return rows;
}

function pendingOf(files: readonly Migration[], applied: readonly Applied[]): readonly Migration[] {
  for (const [index, { version, name, checksum }] of applied.entries()) {
    const file = files[index];
    if (file !== undefined && file.version !== version)
      throw new MigrationError(
        'file-order',
        `The database has ${name} but not migrations/${file.name}, which comes before it. Restore a backup.`,
      );
    if (file === undefined)
      throw new MigrationError(
        'schema-newer',
        `The database has ${name}, which this server does not know: a newer server has migrated it. ` +
          'Start that version or a later one, or restore a backup from before the upgrade.',
      );
    if (file.checksum !== checksum)
      throw new MigrationError(
        'file-changed',
        `migrations/${file.name} is not what was applied as ${name}. ` +
          'Restore the released file, and put what you want to change into a new one.',
      );
  }
  return files.slice(applied.length);
}

async function readMigrations(folder: URL | string): Promise<readonly Migration[]> {
  const path = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const names = (await readdir(path)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]);
      if (version !== index + 1)
        throw new MigrationError(
          'file-order',
          `migrations/${name} should begin with ${String(index + 1).padStart(4, '0')}_: ` +
            'files are numbered from 0001 without gaps and doubles.',
        );
      // A checkout may have changed the line ends, which mean nothing to PostgreSQL.
      const sql = (await readFile(join(path, name), 'utf8')).replaceAll('\r\n', '\n');
      return { version, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
