import { createServer } from 'node:net';
import { sql } from 'kysely';
import pg from 'pg';
import t from 'tap';
import { ScimError } from '../../src/scim/errors.ts';
import { isAway, Retryable, retrying, translate, UniqueViolation } from '../../src/store/errors.ts';
import { openClone, openConnection } from '../support/connection.ts';
import { cloneDatabase } from '../support/database.ts';

/** What is thrown, in this program's words. */
async function thrownBy(work: Promise<unknown>, during?: 'read' | 'write'): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return translate(error, during);
  }
  throw new Error('nothing was thrown');
}

const AWAY = { name: 'ScimError', status: 503, scimType: undefined, headers: { 'Retry-After': '5' } };

t.test('a value that is taken is a UniqueViolation that names the constraint', async (t) => {
  const { db } = await openClone(t);
  const add = (id: string) =>
    db
      .insertInto('rollcall_data.tenants')
      .values({ id, slug: 'x', name: 'X', created_at: new Date() })
      .execute();
  await add('0190a000-0000-7000-8000-00000000000a');
  const error = await thrownBy(add('0190a000-0000-7000-8000-00000000000b'));
  t.ok(error instanceof UniqueViolation);
  t.match(error, { constraint: 'tenants_slug_key', detail: /\(slug\)=\(x\)/, cause: { code: '23505' } });
});

t.test('a deadlock is Retryable, and retrying runs the loser again', async (t) => {
  const { db, pool } = await openClone(t);
  await pool.query(
    'create table pair (id int primary key, n int default 0); insert into pair values (1), (2)',
  );
  const add = (id: number) => sql`update pair set n = n + 1 where id = ${id}::int`;
  let runs = 0;
  // Each transaction holds its first row before either asks for its second.
  let meet = (): void => undefined;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  const transaction = (first: number, second: number) =>
    retrying(() =>
      db.transaction().execute(async (trx) => {
        runs += 1;
        await add(first).execute(trx);
        if (runs === 2) meet();
        await met;
        await add(second).execute(trx);
      }),
    );
  await Promise.all([transaction(1, 2), transaction(2, 1)]);
  t.equal(runs, 3);
  t.same((await pool.query('select id, n from pair order by id')).rows, [
    { id: 1, n: 2 },
    { id: 2, n: 2 },
  ]);
});

t.test('a serialisation failure is Retryable', async (t) => {
  const { db, pool } = await openClone(t);
  await pool.query('create table counter (n int); insert into counter values (0)');
  const error = await thrownBy(
    db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (trx) => {
        await sql`select n from counter`.execute(trx);
        await pool.query('update counter set n = n + 1');
        await sql`update counter set n = n + 1`.execute(trx);
      }),
  );
  t.ok(error instanceof Retryable);
  t.match(error, { cause: { code: '40001' } });
});

t.test('retrying gives up in the end, with 503', async (t) => {
  let runs = 0;
  const losing = retrying(() => {
    runs += 1;
    return Promise.reject(Object.assign(new Error('deadlock detected'), { code: '40P01' }));
  }, 4);
  t.match(await thrownBy(losing), { status: 503, headers: { 'Retry-After': '1' } });
  t.equal(runs, 4);
});

t.test('retrying runs nothing again that failed for another reason', async (t) => {
  let runs = 0;
  const thrown = new Error('no');
  const failing = retrying(() => {
    runs += 1;
    return Promise.reject(thrown);
  });
  await t.rejects(failing, thrown);
  t.equal(runs, 1);
});

t.test('a statement that takes too long is tooMany for a read and 503 for a write', async (t) => {
  const { db } = await openClone(t, { statementTimeoutMs: 50 });
  const slow = () => sql`select pg_sleep(5)`.execute(db);
  t.match(await thrownBy(slow()), { status: 400, scimType: 'tooMany' });
  t.match(await thrownBy(slow(), 'write'), AWAY);
});

t.test('a statement that was cancelled keeps its error', async (t) => {
  const { db, pool } = await openClone(t);
  const slow = thrownBy(sql`select pg_sleep(5)`.execute(db));
  let cancelled: number | null = 0;
  while (cancelled === 0)
    cancelled = (
      await pool.query(
        `select pg_cancel_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query = 'select pg_sleep(5)'`,
      )
    ).rowCount;
  t.match(await slow, { code: '57014' });
});

t.test('text that cannot be stored is invalidValue', async (t) => {
  const { db } = await openClone(t);
  for (const statement of [sql`select ${'a\0b'}::text`, sql`select ${'{"a":"\\u0000"}'}::jsonb`])
    t.match(await thrownBy(statement.execute(db)), { status: 400, scimType: 'invalidValue' });
});

t.test('a database that is away is 503 with Retry-After', async (t) => {
  for (const url of [
    'postgres://rollcall@127.0.0.1:1/rollcall',
    'postgres://rollcall@no-such-host.invalid/rollcall',
    'postgres://rollcall@%2Fno%2Fsuch%2Ffolder/rollcall',
  ]) {
    const { db } = openConnection(t, { databaseUrl: url });
    const error = await thrownBy(db.selectFrom('rollcall_data.tenants').selectAll().execute());
    t.match(error, AWAY, url);
    t.ok(error instanceof ScimError && error.cause instanceof Error, 'the cause is kept for the log');
  }
});

t.test('a server that does not answer is 503', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  t.teardown(() => silent.close());
  const { port } = silent.address() as { port: number };
  const pool = new pg.Pool({ host: '127.0.0.1', port, connectionTimeoutMillis: 100 });
  t.match(await thrownBy(pool.query('select 1')), AWAY);
  await pool.end();
});

t.test('a pool whose connections are all busy is 503', async (t) => {
  const pool = new pg.Pool({
    connectionString: await cloneDatabase(t),
    max: 1,
    connectionTimeoutMillis: 100,
  });
  const busy = await pool.connect();
  t.match(await thrownBy(pool.query('select 1')), AWAY);
  busy.release();
  await pool.end();
});

t.test('a connection that the server ends is 503, and so is a closed pool', async (t) => {
  const { db, close } = await openClone(t);
  t.match(await thrownBy(sql`select pg_terminate_backend(pg_backend_pid())`.execute(db)), AWAY);
  t.match(await sql`select 1 as one`.execute(db), { rows: [{ one: 1 }] }, 'the pool makes another');
  await close();
  t.match(await thrownBy(sql`select 1`.execute(db)), AWAY);
});

t.test('what the database does not say is left as it is', async (t) => {
  const given = [
    new Error('x'),
    new ScimError(404, undefined, 'x'),
    new TypeError('Connection is not a function'),
    Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' }),
    Object.assign(new Error('syntax'), { code: '42601' }),
    Object.assign(new Error('check'), { code: '23514', constraint: 'x' }),
    'text',
    undefined,
    null,
  ];
  for (const error of given) t.equal(translate(error), error);
  t.notOk(isAway(undefined));
});
