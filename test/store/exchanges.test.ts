import t, { type Test } from 'tap';
import type { Connection } from '../../src/store/connection.ts';
import type { Exchange } from '../../src/store/exchange.ts';
import { createPartitions } from '../../src/store/exchangePartitions.ts';
import { createExchangeLog, type ExchangeLog, type ExchangeLogOptions } from '../../src/store/exchanges.ts';
import { openClone, openConnection } from '../support/connection.ts';
import { cloneDatabase } from '../support/database.ts';

const A = '0190a000-0000-7000-8000-00000000000a';
const B = '0190b000-0000-7000-8000-00000000000b';
const noon = new Date('2026-11-22T12:00:00.123Z');
const DAY = 86_400_000;
const daysFrom = (time: Date, days: number) => new Date(time.getTime() + days * DAY);

function logOn(t: Test, connection: Connection, options: Partial<ExchangeLogOptions> = {}) {
  const dropped: number[] = [];
  const log = createExchangeLog({
    connection,
    flushEveryMs: 3_600_000,
    maxBatch: 500,
    maxBuffered: 10_000,
    retentionDays: 30,
    now: () => noon,
    onDropped: (count) => dropped.push(count),
    ...options,
  });
  t.teardown(() => log.close());
  return { log, dropped };
}

function exchange(n: number | string, more: Partial<Exchange> = {}): Exchange {
  return {
    tenantId: A,
    tokenId: B,
    at: noon,
    requestId: `request-${n}`,
    client: 'Okta SCIM Client 1.0.0',
    method: 'PATCH',
    path: '/scim/v2/Users/1',
    operation: 'patch',
    status: 200,
    durationMs: 12.5,
    scimType: undefined,
    detail: undefined,
    tolerances: [],
    request: undefined,
    ...more,
  };
}

const count = async ({ pool }: Connection): Promise<number | undefined> =>
  (await pool.query<{ n: number }>('select count(*)::int as n from rollcall_data.exchanges')).rows[0]?.n;

const partitions = async ({ pool }: Connection): Promise<readonly string[]> =>
  (
    await pool.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits
        where inhparent = 'rollcall_data.exchanges'::regclass order by name`,
    )
  ).rows.map(({ name }) => name.replace('rollcall_data.exchanges_', ''));

function fill(log: ExchangeLog, many: number): void {
  for (let n = 0; n < many; n += 1) log.record(exchange(n));
}

t.test('an exchange is written as it was', async (t) => {
  const connection = await openClone(t);
  const { log } = logOn(t, connection);
  log.record(
    exchange(1, {
      tolerances: ['boolean-as-string', 'a "b" \\ {c},d'],
      request: { Operations: [{ op: 'Replace' }] },
    }),
  );
  log.record(
    exchange(2, {
      tokenId: undefined,
      client: undefined,
      operation: undefined,
      status: 400,
      scimType: 'invalidPath',
      detail: 'Über',
    }),
  );
  await log.flush();
  const rows = await connection
    .forTenant(A)
    .selectFrom('rollcall_data.exchanges')
    .selectAll()
    .where('tenant_id', '=', A)
    .orderBy('request_id')
    .execute();
  t.same(rows, [
    {
      tenant_id: A,
      at: noon,
      request_id: 'request-1',
      token_id: B,
      client: 'Okta SCIM Client 1.0.0',
      method: 'PATCH',
      path: '/scim/v2/Users/1',
      operation: 'patch',
      status: 200,
      duration_ms: 12.5,
      scim_type: null,
      detail: null,
      tolerances: ['boolean-as-string', 'a "b" \\ {c},d'],
      request: { Operations: [{ op: 'Replace' }] },
    },
    {
      tenant_id: A,
      at: noon,
      request_id: 'request-2',
      token_id: null,
      client: null,
      method: 'PATCH',
      path: '/scim/v2/Users/1',
      operation: null,
      status: 400,
      duration_ms: 12.5,
      scim_type: 'invalidPath',
      detail: 'Über',
      tolerances: [],
      request: null,
    },
  ]);
});

t.test('each tenant’s exchanges are written for that tenant, in one statement a batch', async (t) => {
  const connection = await openClone(t, { poolSize: 1 });
  const { log, dropped } = logOn(t, connection, { maxBatch: 100 });
  for (let n = 0; n < 350; n += 1) log.record(exchange(n, { tenantId: n % 2 === 0 ? A : B }));
  await log.flush();
  const { rows } = await connection.pool.query(
    'select tenant_id, count(*)::int as n from rollcall_data.exchanges group by 1 order by 1',
  );
  t.same(rows, [
    { tenant_id: A, n: 175 },
    { tenant_id: B, n: 175 },
  ]);
  const prepared = await connection.pool.query(
    `select 1 from pg_prepared_statements where statement like 'insert%exchanges%'`,
  );
  t.equal(prepared.rowCount, 1, 'batches of any size are one statement');
  t.same(dropped, []);
});

t.test('a full batch is written without waiting for the clock', async (t) => {
  const connection = await openClone(t);
  const { log } = logOn(t, connection, { maxBatch: 10 });
  fill(log, 10);
  while ((await count(connection)) !== 10) await new Promise((resolve) => setTimeout(resolve, 10));
  t.pass();
});

t.test('the clock writes what waits', async (t) => {
  const connection = await openClone(t);
  const { log } = logOn(t, connection, { flushEveryMs: 10 });
  log.record(exchange(1));
  while ((await count(connection)) !== 1) await new Promise((resolve) => setTimeout(resolve, 10));
  t.pass();
});

t.test('closing writes what waits, and what comes after it is nothing', async (t) => {
  const connection = await openClone(t);
  const { log } = logOn(t, connection);
  fill(log, 3);
  await log.close();
  log.record(exchange('late'));
  await log.close();
  t.equal(await count(connection), 3);
});

t.test('an exchange that was written before its answer was lost is not written twice', async (t) => {
  const connection = await openClone(t);
  const { log, dropped } = logOn(t, connection);
  fill(log, 3);
  await log.flush();
  fill(log, 4);
  await log.flush();
  t.equal(await count(connection), 4);
  t.same(dropped, []);
});

t.test('partitions are made for today and two days ahead, and dropped after the retention', async (t) => {
  const connection = await openClone(t);
  let time = noon;
  const { log } = logOn(t, connection, { now: () => time, retentionDays: 2 });
  await log.flush();
  t.same(await partitions(connection), ['20261122', '20261123', '20261124']);
  fill(log, 2);
  time = daysFrom(noon, 2);
  await log.flush();
  t.equal(await count(connection), 2, 'two days old and kept');
  t.same(await partitions(connection), ['20261122', '20261123', '20261124', '20261125', '20261126']);
  time = daysFrom(noon, 3);
  await log.flush();
  t.equal((await partitions(connection))[0], '20261123');
  t.equal(await count(connection), 0);
});

t.test('two servers make the same partitions at once', async (t) => {
  const databaseUrl = await cloneDatabase(t);
  const days = ['20261201', '20261202', '20261203'];
  const servers = Array.from({ length: 4 }, () => openConnection(t, { databaseUrl }));
  await Promise.all(servers.map(({ pool }) => createPartitions(pool, days)));
  t.same(await partitions(openConnection(t, { databaseUrl })), days);
});

t.test('a partition is a UTC day, to the millisecond, whatever the session’s time zone', async (t) => {
  const connection = await openClone(t);
  await connection.pool.query(
    `alter role current_user in database ${await nameOf(connection)} set timezone = 'Asia/Tokyo'`,
  );
  const { log, dropped } = logOn(t, connection);
  log.record(exchange(1, { at: new Date('2026-11-22T00:00:00.000Z') }));
  log.record(exchange(2, { at: new Date('2026-11-22T23:59:59.999Z') }));
  await log.flush();
  const { rows } = await connection.pool.query(
    'select count(*)::int as n from rollcall_data.exchanges_20261122',
  );
  t.same(rows, [{ n: 2 }]);
  t.same(dropped, []);
});

t.test('exchanges of a day without partition get one, and those past the retention are let go', async (t) => {
  const connection = await openClone(t);
  const { log, dropped } = logOn(t, connection);
  log.record(exchange('yesterday', { at: daysFrom(noon, -1) }));
  log.record(exchange('long ago', { at: daysFrom(noon, -31) }));
  await log.flush();
  t.equal(await count(connection), 1);
  t.ok((await partitions(connection)).includes('20261121'));
  t.same(dropped, []);
});

t.test('while the database is away exchanges wait, and the oldest give way', async (t) => {
  const connection = await openClone(t);
  await connection.pool.query('alter table rollcall_data.exchanges rename to hidden');
  const { log, dropped } = logOn(t, connection, { maxBuffered: 5, maxBatch: 2 });
  fill(log, 8);
  await log.flush();
  await log.flush();
  t.same(dropped, [3]);
  await connection.pool.query('alter table rollcall_data.hidden rename to exchanges');
  await log.flush();
  const { rows } = await connection.pool.query('select request_id from rollcall_data.exchanges order by 1');
  t.same(
    rows.map(({ request_id }) => request_id),
    ['request-3', 'request-4', 'request-5', 'request-6', 'request-7'],
  );
});

t.test('a database that is not there harms nobody', async (t) => {
  const { log, dropped } = logOn(t, openConnection(t, { databaseUrl: 'postgres://x@127.0.0.1:1/x' }), {
    maxBatch: 2,
  });
  fill(log, 7);
  await log.flush();
  await log.close();
  t.same(dropped, [7], 'what could not be written is told at the end');
});

t.test('one exchange that can never be written does not hold up the others', async (t) => {
  const connection = await openClone(t);
  const { log, dropped } = logOn(t, connection);
  fill(log, 5);
  log.record(exchange('bad token', { tokenId: 'x' }));
  log.record(exchange('bad tenant', { tenantId: 'x' }));
  log.record(exchange('bad body', { request: 1n }));
  log.record(exchange('bad time', { at: new Date(Number.NaN) }));
  log.record(exchange('last'));
  await log.flush();
  t.equal(await count(connection), 6);
  t.same(dropped, [4]);
});

t.test('characters that PostgreSQL cannot hold are replaced', async (t) => {
  const connection = await openClone(t);
  const { log, dropped } = logOn(t, connection);
  log.record(
    exchange(1, { detail: 'a\0b\ud800c', request: { a: '\0', b: '\\u0000', c: '\\\0', d: '\ud83d\ude00' } }),
  );
  await log.flush();
  const { rows } = await connection.pool.query('select detail, request from rollcall_data.exchanges');
  t.same(rows, [
    { detail: 'a\ufffdb\ufffdc', request: { a: '\ufffd', b: '\\u0000', c: '\\\ufffd', d: '\ud83d\ude00' } },
  ]);
  t.same(dropped, []);
});

t.test('a long body is left out', async (t) => {
  const connection = await openClone(t);
  const { log } = logOn(t, connection);
  log.record(exchange(1, { request: { members: 'x'.repeat(20_000) } }));
  await log.flush();
  const { rows } = await connection.pool.query('select request from rollcall_data.exchanges');
  t.same(rows, [{ request: { omitted: '20014 characters' } }]);
});

async function nameOf({ pool }: Connection): Promise<string> {
  const { rows } = await pool.query<{ name: string }>('select quote_ident(current_database()) as name');
  return rows[0]?.name ?? '';
}
