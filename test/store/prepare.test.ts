import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import type { ConnectOptions } from '../../src/store/connect.ts';
import type { Connection } from '../../src/store/connection.ts';
import { Retryable, retrying, translate } from '../../src/store/errors.ts';
import { isFew, statement } from '../../src/store/statement.ts';
import { run } from '../../src/store/tenantScope.ts';
import { openClone } from '../support/connection.ts';

const TENANT_ID = '0190a000-0000-7000-8000-00000000000a';

const connectionFor = (t: Test, options: Partial<ConnectOptions> = {}): Promise<Connection> =>
  openClone(t, { poolSize: 1, ...options });

/** What the one session of the pool has prepared. */
async function prepared({ pool }: Connection): Promise<readonly { name: string; statement: string }[]> {
  const { rows } = await pool.query<{ name: string; statement: string }>(
    'select name, statement from pg_prepared_statements order by prepare_time',
  );
  return rows;
}

const finding = statement<{ slug: string }, { slug: string }>(({ db, slot }) =>
  db.selectFrom('rollcall_data.tenants').selectAll().where('slug', '=', slot('slug')),
);
const bySlug = (connection: Connection, slug = 'x') => run(connection.scopeOf(TENANT_ID), finding, { slug });
const inTransaction = (connection: Connection) =>
  connection.transaction(TENANT_ID, (scope) => run(scope, finding, { slug: 'x' }));

t.test('a statement with slots is prepared by name when it is first sent, and only once', async (t) => {
  const connection = await connectionFor(t);
  for (const slug of ['a', 'b', 'c']) await bySlug(connection, slug);
  await inTransaction(connection);
  const [only, ...others] = await prepared(connection);
  t.same(others, []);
  t.match(only?.name, /^rc_[\w-]{22}$/);
  t.match(only?.statement, /from "rollcall_data"\."tenants" where "slug" = \$1$/);
});

t.test('what the query builder makes has no name, however often it is sent', async (t) => {
  const connection = await connectionFor(t);
  const { db } = connection;
  const built = (slug: string) =>
    db.selectFrom('rollcall_data.tenants').selectAll().where('slug', '=', slug).execute();
  for (let n = 0; n < 3; n += 1) await built(`${n}`);
  await connection.transaction(TENANT_ID, (scope) =>
    scope.db.selectFrom('rollcall_data.tenants').selectAll().where('slug', '=', 'x').execute(),
  );
  await db.executeQuery(finding.queryFor(TENANT_ID, { slug: 'x' }));
  t.same(await prepared(connection), []);
});

t.test('a statement that is to be planned with its values in view has no name', async (t) => {
  const connection = await connectionFor(t);
  const few = statement<{ ids: readonly number[] }, { n: number }>(
    ({ db, slot }) => db.selectNoFrom(sql<number>`cardinality(${slot('ids')}::int[])`.as('n')),
    { plannedFor: isFew },
  );
  const scope = connection.scopeOf(TENANT_ID);
  const many = Array.from({ length: 101 }, (_, n) => n);
  t.same(await run(scope, few, { ids: many }), [{ n: 101 }]);
  t.same(await prepared(connection), []);
  t.same(await run(scope, few, { ids: many.slice(1) }), [{ n: 100 }]);
  t.equal((await prepared(connection)).length, 1);
});

t.test('rows are those of the values given, on every connection', async (t) => {
  const connection = await connectionFor(t, { poolSize: 4 });
  const echo = statement<{ n: number }, { n: string }>(({ db, slot }) =>
    db.selectNoFrom(sql<string>`${slot('n')}::int8`.as('n')),
  );
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => run(connection.scopeOf(TENANT_ID), echo, { n })),
  );
  t.same(
    answers.map(([row]) => row?.n),
    answers.map((_, n) => String(n)),
  );
});

t.test('at most 500 names are given, and more statements still work', async (t) => {
  const connection = await connectionFor(t);
  const scope = connection.scopeOf(TENANT_ID);
  const sent = Array.from({ length: 520 }, (_, n) =>
    statement<{ n: number }, object>(({ db, slot }) =>
      db.selectNoFrom(sql<number>`${slot('n')}::int`.as(`c${n}`)),
    ),
  );
  for (const [n, one] of sent.entries()) t.same(await run(scope, one, { n }), [{ [`c${n}`]: n }]);
  t.equal((await prepared(connection)).length, 500);
});

t.test('switched off, nothing is prepared', async (t) => {
  const connection = await connectionFor(t, { prepare: false });
  for (let n = 0; n < 3; n += 1) await bySlug(connection);
  await inTransaction(connection);
  t.same(await prepared(connection), []);
});

t.test('a plan that a migration has made stale is replaced outside a transaction', async (t) => {
  const connection = await connectionFor(t);
  await bySlug(connection);
  await connection.pool.query('alter table rollcall_data.tenants add column color text');
  t.same(await bySlug(connection), [], 'the client sees no error');
  await bySlug(connection);
  const names = (await prepared(connection)).map(({ name }) => name);
  t.equal(new Set(names).size, 2, 'the statement goes by another name from now on');
});

t.test('a stale plan inside a transaction is Retryable, and the second run passes', async (t) => {
  const connection = await connectionFor(t);
  await bySlug(connection);
  await connection.pool.query('alter table rollcall_data.tenants add column color text');
  let runs = 0;
  const rows = await retrying(() => {
    runs += 1;
    return inTransaction(connection);
  });
  t.same([rows, runs], [[], 2]);
});

t.test(
  'a statement that the session has lost, as behind a pooler, is sent again and names are given up',
  async (t) => {
    const connection = await connectionFor(t);
    await bySlug(connection);
    await connection.pool.query('deallocate all');
    t.same(await bySlug(connection), []);
    for (let n = 0; n < 3; n += 1) await bySlug(connection, `${n}`);
    t.same(await prepared(connection), []);
  },
);

t.test('a lost statement inside a transaction is Retryable', async (t) => {
  const connection = await connectionFor(t);
  await bySlug(connection);
  await connection.pool.query('deallocate all');
  await inTransaction(connection).then(
    () => t.fail('it should fail'),
    (error: unknown) => t.ok(translate(error) instanceof Retryable),
  );
});

t.test('a statement that was never prepared, because another failed before it, is not lost', async (t) => {
  const connection = await connectionFor(t);
  const failed = connection.transaction(TENANT_ID, async (scope) => {
    const sent = [
      sql`select 1 / 0`.execute(scope.db),
      run(scope, finding, { slug: 'x' }),
      run(scope, finding, { slug: 'y' }),
    ];
    await Promise.allSettled(sent);
  });
  await t.rejects(failed, { code: '22012' });
  await bySlug(connection);
  t.equal((await prepared(connection)).length, 1, 'names go on being given');
});

t.test('other errors of a named statement are told once', async (t) => {
  const connection = await connectionFor(t);
  const dividing = statement<{ by: number }, { q: number }>(({ db, slot }) =>
    db.selectNoFrom(sql<number>`1 / ${slot('by')}::int`.as('q')),
  );
  const divide = (by: number) => run(connection.scopeOf(TENANT_ID), dividing, { by });
  await divide(1);
  await t.rejects(divide(0), { code: '22012' });
  t.same(await divide(1), [{ q: 1 }]);
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
