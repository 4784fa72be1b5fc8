import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import type { ConnectOptions } from '../../src/store/connect.ts';
import type { Connection } from '../../src/store/connection.ts';
import { Retryable, retrying, translate } from '../../src/store/errors.ts';
import { openClone } from '../support/connection.ts';

const connectionFor = (t: Test, options: Partial<ConnectOptions> = {}): Promise<Connection> =>
  openClone(t, { poolSize: 1, ...options });

/** What the one session of the pool has prepared. */
async function prepared({ pool }: Connection): Promise<readonly { name: string; statement: string }[]> {
  const { rows } = await pool.query<{ name: string; statement: string }>(
    'select name, statement from pg_prepared_statements order by prepare_time',
  );
  return rows;
}

const bySlug = ({ db }: Connection, slug = 'x') =>
  db.selectFrom('rollcall_data.tenants').selectAll().where('slug', '=', slug).execute();

t.test('a statement is prepared by name the second time it is sent, and only once', async (t) => {
  const connection = await connectionFor(t);
  await bySlug(connection);
  t.same(await prepared(connection), [], 'the first time');
  for (const slug of ['a', 'b', 'c']) await bySlug(connection, slug);
  const [only, ...others] = await prepared(connection);
  t.same(others, []);
  t.match(only?.name, /^rc_[\w-]{22}$/);
  t.match(only?.statement, /from "rollcall_data"\."tenants" where "slug" = \$1$/);
});

t.test('rows are those of the parameters given, on every connection', async (t) => {
  const connection = await connectionFor(t, { poolSize: 4 });
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      const { rows } = await sql<{ n: string }>`select ${n}::int8 as n`.execute(connection.db);
      return rows[0]?.n === String(n);
    }),
  );
  t.ok(answers.every(Boolean));
});

t.test('statements without parameters stay as they are', async (t) => {
  const connection = await connectionFor(t);
  for (let n = 0; n < 3; n += 1)
    await connection.db.selectFrom('rollcall_data.tenants').selectAll().execute();
  await connection.db
    .transaction()
    .execute((trx) => trx.selectFrom('rollcall_data.tenants').selectAll().execute());
  t.same(await prepared(connection), []);
});

t.test('at most 500 names are given, and more statements still work', async (t) => {
  const connection = await connectionFor(t);
  for (let n = 0; n < 520; n += 1)
    for (let twice = 0; twice < 2; twice += 1)
      await sql`select ${n}::int as ${sql.id(`c${n}`)}`.execute(connection.db);
  t.equal((await prepared(connection)).length, 500);
});

t.test('a long statement gets no name', async (t) => {
  const connection = await connectionFor(t);
  const values = sql.join(Array.from({ length: 3_000 }, (_, n) => n));
  for (let n = 0; n < 3; n += 1) await sql`select 1 where 5 in (${values})`.execute(connection.db);
  t.same(await prepared(connection), []);
});

t.test('switched off, nothing is prepared', async (t) => {
  const connection = await connectionFor(t, { prepare: false });
  for (let n = 0; n < 3; n += 1) await bySlug(connection);
  t.same(await prepared(connection), []);
});

t.test('a plan that a migration has made stale is replaced outside a transaction', async (t) => {
  const connection = await connectionFor(t);
  for (let n = 0; n < 3; n += 1) await bySlug(connection);
  await connection.pool.query('alter table rollcall_data.tenants add column color text');
  t.same(await bySlug(connection), [], 'the client sees no error');
  await bySlug(connection);
  const names = (await prepared(connection)).map(({ name }) => name);
  t.equal(new Set(names).size, 2, 'the statement goes by another name from now on');
});

t.test('a stale plan inside a transaction is Retryable, and the second run passes', async (t) => {
  const connection = await connectionFor(t);
  for (let n = 0; n < 3; n += 1) await bySlug(connection);
  await connection.pool.query('alter table rollcall_data.tenants add column color text');
  let runs = 0;
  const rows = await retrying(() =>
    connection.db.transaction().execute(async (trx) => {
      runs += 1;
      return trx.selectFrom('rollcall_data.tenants').selectAll().where('slug', '=', 'x').execute();
    }),
  );
  t.same([rows, runs], [[], 2]);
});

t.test(
  'a statement that the session has lost, as behind a pooler, is sent again and names are given up',
  async (t) => {
    const connection = await connectionFor(t);
    for (let n = 0; n < 3; n += 1) await bySlug(connection);
    await connection.pool.query('deallocate all');
    t.same(await bySlug(connection), []);
    for (let n = 0; n < 3; n += 1) await bySlug(connection, `${n}`);
    t.same(await prepared(connection), []);
  },
);

t.test('a lost statement inside a transaction is Retryable', async (t) => {
  const connection = await connectionFor(t);
  for (let n = 0; n < 3; n += 1) await bySlug(connection);
  await connection.pool.query('deallocate all');
  const failed = connection.db
    .transaction()
    .execute((trx) => trx.selectFrom('rollcall_data.tenants').selectAll().where('slug', '=', 'x').execute());
  await failed.then(
    () => t.fail('it should fail'),
    (error: unknown) => t.ok(translate(error) instanceof Retryable),
  );
});

t.test('other errors of a named statement are told once', async (t) => {
  const { db } = await connectionFor(t);
  const divide = (by: number) => sql`select 1 / ${by}::int as q`.execute(db);
  await divide(1);
  await divide(1);
  await t.rejects(divide(0), { code: '22012' });
  t.same((await divide(1)).rows, [{ q: 1 }]);
});

t.test('a running statement is cancelled in the database when its reader gives up', async (t) => {
  const connection = await connectionFor(t, { poolSize: 2 });
  const reader = new AbortController();
  const asleep = sql`select pg_sleep(${20}::int)`.execute(connection.db, {
    signal: reader.signal,
    inflightQueryAbortStrategy: 'cancel query',
  });
  setTimeout(() => reader.abort(), 200);
  await Promise.all([once(reader.signal, 'abort'), t.rejects(asleep)]);
  const running = `select 1 from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like '%pg_sleep%'`;
  for (let tries = 0; (await connection.pool.query(running)).rowCount !== 0; tries += 1) {
    if (tries > 50) throw new Error('it is still running');
    await pause(100);
  }
});
