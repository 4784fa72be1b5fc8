import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import t from 'tap';
import { connect } from '../../src/store/connect.ts';
import { isAway } from '../../src/store/errors.ts';
import { cloneDatabase } from '../support/database.ts';

const options = {
  poolSize: 2,
  prepare: true,
  statementTimeoutMs: 1_234,
  applicationName: 'rollcall test',
  onIdleError: (): void => undefined,
};

t.test('every connection has its limits and its name', async (t) => {
  const { db, pool, close, embedded } = connect({ ...options, databaseUrl: await cloneDatabase(t) });
  t.teardown(close);
  const clients = await Promise.all([pool.connect(), pool.connect()]);
  for (const client of clients) {
    const { rows } = await client.query(
      `select name, setting from pg_settings where name in ('application_name', 'statement_timeout',
         'idle_in_transaction_session_timeout', 'standard_conforming_strings') order by name`,
    );
    t.same(
      rows.map(({ setting }) => setting),
      ['rollcall test', '30000', 'on', '1234'],
    );
    client.release();
  }
  const { rows } = await sql`select 9007199254740993::int8 as big`.execute(db);
  t.same(rows, [{ big: '9007199254740993' }], 'int8 keeps all its digits');
  t.notOk(embedded);
});

t.test('opening sends nothing, so that it does not fail while the database is away', async (t) => {
  const { db, close } = connect({ ...options, databaseUrl: 'postgres://x@127.0.0.1:1/x' });
  const asked = db.selectFrom('rollcall_data.tenants').selectAll().execute();
  t.ok(isAway(await asked.catch((error: unknown) => error)));
  await close();
  await close();
});

t.test('an idle connection that breaks is told and replaced', async (t) => {
  const told: Error[] = [];
  const databaseUrl = await cloneDatabase(t);
  const { pool, db, close } = connect({ ...options, databaseUrl, onIdleError: (error) => told.push(error) });
  t.teardown(close);
  await db.selectFrom('rollcall_data.tenants').selectAll().execute();
  await endSessionsOf(databaseUrl);
  for (let tries = 0; told.length === 0 && tries < 100; tries += 1) await pause(20);
  t.match(told, [{ code: '57P01' }]);
  t.same(await db.selectFrom('rollcall_data.tenants').selectAll().execute(), []);
  t.equal(pool.totalCount, 1);
});

t.test('a connection that breaks inside a transaction fails that transaction and nothing else', async (t) => {
  const databaseUrl = await cloneDatabase(t);
  const { db, pool, close } = connect({ ...options, databaseUrl });
  t.teardown(close);
  const failed = await db
    .transaction()
    .execute(async (trx) => {
      await sql`select 1`.execute(trx);
      await endSessionsOf(databaseUrl);
      await pause(100);
      await sql`select 1`.execute(trx);
    })
    .catch((error: unknown) => error);
  t.ok(isAway(failed), String(failed));
  t.same(await db.selectFrom('rollcall_data.tenants').selectAll().execute(), []);
  t.equal(pool.totalCount, 1, 'the broken one is gone');
});

async function endSessionsOf(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await client.end();
}
