import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import t from 'tap';
import { migrate } from '../../src/store/migrate.ts';
import { projectRoot } from './project.ts';

type Teardown = { teardown(clean: () => Promise<void>): void };

type Postgres = {
  startPostgres: (options: {
    prefix: string;
    inMemory: boolean;
  }) => Promise<{ url: string; stop: () => Promise<void> }>;
};

const migrations = join(projectRoot, 'migrations');

// The run of `npm test` drops whatever bears its prefix; a file run alone makes its own.
const prefix = process.env['ROLLCALL_TEST_PREFIX'] ?? `rollcall_test_${randomBytes(4).toString('hex')}`;

// Any number will do, if every test process uses the same.
const templateLock = 7_264_501_329;

let server: Promise<string> | undefined;
let template: Promise<string> | undefined;
let clones = 0;

/** The URL of a migrated, empty database that only this test uses; it is dropped when the test ends. */
export async function cloneDatabase(test: Teardown): Promise<string> {
  server ??= findServer();
  const url = await server;
  template ??= templateDatabase(url);
  const source = await template;
  clones += 1;
  const name = `${prefix}_${process.pid}_${clones}`;
  await onServer(url, (client) => createFrom(client, name, source));
  test.teardown(() => onServer(url, (client) => drop(client, name)));
  return databaseUrl(url, name);
}

async function findServer(): Promise<string> {
  const given = process.env['ROLLCALL_TEST_DATABASE_URL'];
  if (given !== undefined) return given;
  const module = pathToFileURL(join(projectRoot, 'scripts/postgres.js')).href;
  const { startPostgres } = (await import(module)) as Postgres;
  const started = await startPostgres({ prefix, inMemory: true });
  t.teardown(() => started.stop());
  return started.url;
}

async function templateDatabase(url: string): Promise<string> {
  const name = `${prefix}_template_${hashOf(migrations)}`;
  await onServer(url, async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLock]);
    if (await exists(client, name)) return;
    // Built under another name, so that a half-migrated database is never cloned.
    const unfinished = `${name}_unfinished`;
    await drop(client, unfinished);
    await client.query(`create database ${client.escapeIdentifier(unfinished)}`);
    await migrated(databaseUrl(url, unfinished));
    const names = [unfinished, name].map((identifier) => client.escapeIdentifier(identifier));
    await client.query(`alter database ${names[0]} rename to ${names[1]}`);
  });
  return name;
}

async function migrated(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  try {
    await migrate(pool, migrations);
  } finally {
    await pool.end();
  }
}

async function createFrom(client: pg.Client, name: string, source: string): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
  // Copying files is twice as fast as the write-ahead log that 15 made the default.
  const strategy = Number(rows[0]?.server_version_num) >= 150_000 ? ' strategy file_copy' : '';
  await client.query(
    `create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(source)}${strategy}`,
  );
}

async function exists(client: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  return rowCount === 1;
}

async function drop(client: pg.Client, name: string): Promise<void> {
  await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(url: string, name: string): string {
  const result = new URL(url);
  result.pathname = `/${name}`;
  return result.href;
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort())
    hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}
