import { readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import t, { type Test } from 'tap';
import { MigrationError, migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { cloneDatabase } from '../support/database.ts';
import { projectRoot } from '../support/project.ts';

const released = join(projectRoot, 'migrations');
const next = readdirSync(released).filter((name) => name.endsWith('.sql')).length + 1;

/** The name of a file that comes so many after the next one. */
const named = (offset: number, what: string) => `${String(next + offset).padStart(4, '0')}_${what}.sql`;

/** A copy of the folder with some files more or other. */
async function copyWith(t: Test, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-migrations-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await cp(released, folder, { recursive: true, dereference: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function migrated(t: Test): Promise<{ readonly url: string; readonly pool: pg.Pool }> {
  const url = await cloneDatabase(t);
  return { url, pool: poolOn(t, url) };
}

/** A database as `create database` makes it. */
async function empty(t: Test): Promise<{ readonly url: string; readonly pool: pg.Pool }> {
  const database = await migrated(t);
  await database.pool.query('drop schema if exists rollcall cascade; drop schema rollcall_data cascade');
  return database;
}

function poolOn(t: Test, connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 4 });
  // The database is dropped as soon as the pool has ended, which may reach a session that is still going.
  pool.on('error', () => undefined);
  t.teardown(() => pool.end());
  return pool;
}

async function countOf(pool: pg.Pool): Promise<number | undefined> {
  const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from rollcall_data.migrations');
  return rows[0]?.n;
}

t.test('an empty database gets every file once, and then none', async (t) => {
  const { pool } = await empty(t);
  const pending = await pendingMigrations(pool, released);
  t.equal(pending[0], '0001_tenants.sql');
  t.same(await migrate(pool, released), { applied: pending, version: next - 1 });
  t.same(await migrate(pool, pathToFileURL(`${released}/`)), { applied: [], version: next - 1 });
  t.same(await pendingMigrations(pool, released), []);
});

t.test('asking what is pending changes nothing', async (t) => {
  const { pool } = await empty(t);
  await pendingMigrations(pool, released);
  const { rows } = await pool.query(`select to_regnamespace('rollcall_data') as schema`);
  t.same(rows, [{ schema: null }]);
});

t.test('five servers that start at once migrate once', async (t) => {
  const { url, pool } = await empty(t);
  const pools = Array.from({ length: 5 }, () => poolOn(t, url));
  const results = await Promise.all(pools.map((each) => migrate(each, released)));
  t.equal(results.filter(({ applied }) => applied.length === next - 1).length, 1);
  t.equal(results.filter(({ applied }) => applied.length === 0).length, 4);
  t.equal(await countOf(pool), next - 1);
});

t.test('new files are applied in their order, all or none', async (t) => {
  const { pool } = await migrated(t);
  const folder = await copyWith(t, {
    [named(0, 'colors')]:
      'create table rollcall_data.colors (id int); insert into rollcall_data.colors values (1);',
    [named(1, 'more')]: 'insert into rollcall_data.colors select * from rollcall_data.nowhere;',
  });
  await t.rejects(migrate(pool, folder), {
    message: /migrations\/\d+_more\.sql failed: relation .* does not exist/,
  });
  t.equal(await countOf(pool), next - 1, 'the good file is undone with the bad one');
  await writeFile(join(folder, named(1, 'more')), 'insert into rollcall_data.colors values (2);');
  t.same((await migrate(pool, folder)).applied, [named(0, 'colors'), named(1, 'more')]);
  const { rows } = await pool.query('select id from rollcall_data.colors order by id');
  t.same(rows, [{ id: 1 }, { id: 2 }]);
});

t.test('a file that was edited after its release stops the start and is named', async (t) => {
  const { pool } = await migrated(t);
  const folder = await copyWith(t, { '0001_tenants.sql': 'select 1' });
  for (const look of [migrate, pendingMigrations])
    await t.rejects(async () => look(pool, folder), {
      name: 'MigrationError',
      code: 'file-changed',
      message: /0001_tenants\.sql is not what/,
    });
});

t.test('line ends of another system are no edit', async (t) => {
  const { pool } = await migrated(t);
  const folder = await copyWith(t);
  const path = join(folder, '0001_tenants.sql');
  await writeFile(path, (await readFile(path, 'utf8')).replaceAll('\n', '\r\n'));
  t.same((await migrate(pool, folder)).applied, []);
});

t.test('a database that a newer server has migrated is refused, with what to do', async (t) => {
  const { pool } = await migrated(t);
  await pool.query(`insert into rollcall_data.migrations values ($1, $2, 'x', now())`, [
    next,
    named(0, 'later'),
  ]);
  for (const look of [migrate, pendingMigrations])
    await t.rejects(async () => look(pool, released), {
      code: 'schema-newer',
      message: /Start that version or a later one/,
    });
});

t.test('files with gaps, doubles or odd names are refused before the database is asked', async (t) => {
  const unreachable = new pg.Pool({ host: '127.0.0.1', port: 1 });
  for (const name of [named(1, 'gap'), '0001_twice.sql', '9_short.sql', 'notes.sql'])
    await t.rejects(migrate(unreachable, await copyWith(t, { [name]: 'select 1' })), MigrationError, name);
  await unreachable.end();
});

t.test('a database that lacks a file before its last is refused', async (t) => {
  const { pool } = await migrated(t);
  await pool.query('delete from rollcall_data.migrations where version = 2');
  await t.rejects(migrate(pool, released), { code: 'file-order', message: /0002_directory\.sql/ });
});

t.test('a role that may only read and write starts a server that is up to date', async (t) => {
  const { url, pool } = await migrated(t);
  const role = `rollcall_test_writer_${process.pid}`;
  await pool.query(`
    create role ${role};
    grant usage on schema rollcall_data to ${role};
    grant select on all tables in schema rollcall_data to ${role}`);
  const restricted = new pg.Pool({ connectionString: url, max: 1 });
  await restricted.query(`set role ${role}`);
  t.same((await migrate(restricted, released)).applied, []);
  await restricted.end();
  await pool.query(`drop owned by ${role}; drop role ${role}`);
});
