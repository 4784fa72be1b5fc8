import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import t, { type Test } from 'tap';
import { LaneMissed, type Lanes, openLanes } from '../../src/store/lanes.ts';
import { StatementNames } from '../../src/store/prepare.ts';
import type { Filled } from '../../src/store/send.ts';
import { statement } from '../../src/store/statement.ts';
import { run } from '../../src/store/tenantScope.ts';
import { openClone } from '../support/connection.ts';
import { cloneDatabase } from '../support/database.ts';

const A = '0190a000-0000-7000-8000-00000000000a';

const filled = (text: string, ...values: unknown[]): Filled => ({ text, values, keyed: true, planned: true });
const echo = (n: number): Filled => filled('select $1::int as n', n);
const divide = (by: number): Filled => filled('select 1 / $1::int as n', by);
const pidOf = filled('select pg_backend_pid() as n');

interface Opened {
  readonly lanes: Lanes;
  /** How often a connection was asked for. */
  readonly asked: () => number;
  readonly admin: pg.Client;
}

async function open(t: Test, count: number, connects = true): Promise<Opened> {
  const connectionString = await cloneDatabase(t);
  let asked = 0;
  const connect = async (): Promise<pg.Client> => {
    asked += 1;
    if (!connects) throw new Error('no connection');
    const client = new pg.Client({ connectionString, pipeline: true });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const lanes = openLanes({ count, connect, names: new StatementNames({ prepare: true }) });
  const admin = new pg.Client({ connectionString });
  await admin.connect();
  t.teardown(async () => {
    await lanes.close();
    await admin.end();
  });
  return { lanes, asked: () => asked, admin };
}

/** Sends as soon as there is a lane for it. */
async function send(lanes: Lanes, what: Filled): Promise<readonly unknown[]> {
  for (;;) {
    const sent = lanes.send(what);
    if (sent) return sent;
    await pause(5);
  }
}

const outcomeOf = (sent: Promise<readonly unknown[]>): Promise<unknown> =>
  sent.then(
    ([row]) => (row as { n: number }).n,
    (error: unknown) => (error as { code?: string }).code ?? error,
  );

t.test('answers go to whoever has asked, whatever fails in between', async (t) => {
  const { lanes } = await open(t, 2);
  await send(lanes, echo(0));
  for (let round = 0; round < 10; round += 1) {
    const asked = Array.from({ length: 100 }, (_, n) => n + round);
    const answers = await Promise.all(
      asked.map((n) => outcomeOf(send(lanes, n % 7 === 0 ? divide(0) : n % 3 === 0 ? divide(1) : echo(n)))),
    );
    t.same(
      answers,
      asked.map((n) => (n % 7 === 0 ? '22012' : n % 3 === 0 ? 1 : n)),
    );
  }
});

t.test('a statement that cannot be prepared fails alone', async (t) => {
  const { lanes } = await open(t, 1);
  await send(lanes, echo(0));
  const wrong = filled('select nothing from nowhere');
  const sent = [echo(1), wrong, echo(2), filled('select $1::int as n', 'no number'), echo(3)];
  t.same(await Promise.all(sent.map((one) => outcomeOf(send(lanes, one)))), [1, '42P01', 2, '22P02', 3]);
});

t.test('what is sent together is spread over the lanes, and only so much of it', async (t) => {
  const { lanes, asked } = await open(t, 2);
  await send(lanes, pidOf);
  while (asked() < 2) await pause(5);
  const pids = new Set<unknown>();
  for (let tries = 0; pids.size < 2 && tries < 200; tries += 1) {
    const both = await Promise.all([outcomeOf(send(lanes, pidOf)), outcomeOf(send(lanes, pidOf))]);
    for (const pid of both) pids.add(pid);
  }
  t.equal(pids.size, 2);
  const sent = Array.from({ length: 200 }, (_, n) => lanes.send(echo(n))).filter((one) => one !== undefined);
  t.equal(sent.length, 128, 'the others go another way');
  await Promise.all(sent);
});

t.test('a lane that is stuck is passed by until it has answered', async (t) => {
  const { lanes, admin } = await open(t, 1);
  await send(lanes, echo(0));
  await admin.query('select pg_advisory_lock(1)');
  const stuck = lanes.send(filled('select pg_advisory_xact_lock(1)::text as n'));
  const behind = lanes.send(echo(1));
  t.ok(stuck && behind);
  await pause(60);
  t.equal(lanes.send(echo(2)), undefined);
  await admin.query('select pg_advisory_unlock(1)');
  t.same([(await stuck)?.length, await behind], [1, [{ n: 1 }]], 'nothing of it is lost');
  t.same(await lanes.send(echo(3)), [{ n: 3 }], 'it is free again');
});

t.test('a lane that breaks says so, is passed by, and is opened again', async (t) => {
  const { lanes, asked, admin } = await open(t, 1);
  const pid = await outcomeOf(send(lanes, pidOf));
  await admin.query('select pg_advisory_lock(1)');
  const waiting = [filled('select pg_advisory_xact_lock(1)::text as n'), echo(1)].map((one) =>
    outcomeOf(lanes.send(one) as Promise<readonly unknown[]>),
  );
  await admin.query('select pg_terminate_backend($1)', [pid]);
  for (const outcome of await Promise.all(waiting)) t.ok(outcome instanceof LaneMissed, String(outcome));
  t.equal(lanes.send(echo(2)), undefined);
  t.equal(asked(), 1, 'not at once');
  t.same(await send(lanes, echo(3)), [{ n: 3 }]);
  t.equal(asked(), 2);
});

t.test('where no lane can be opened, everything goes another way, and not each asks anew', async (t) => {
  const { lanes, asked } = await open(t, 2, false);
  for (let n = 0; n < 5; n += 1) {
    t.equal(lanes.send(echo(n)), undefined);
    await pause(1);
  }
  t.equal(asked(), 2);
});

t.test(
  'a statement that the session has lost, as behind a pooler, goes another way, and later ones unnamed',
  async (t) => {
    const { lanes } = await open(t, 1);
    t.same(await send(lanes, echo(1)), [{ n: 1 }]);
    await send(lanes, { ...filled('deallocate all'), planned: false });
    t.ok((await outcomeOf(send(lanes, echo(2)))) instanceof LaneMissed);
    t.same(await send(lanes, echo(3)), [{ n: 3 }]);
  },
);

t.test('closing waits for what was sent, and takes nothing more', async (t) => {
  const { lanes, asked } = await open(t, 1);
  await send(lanes, echo(0));
  const sent = Array.from({ length: 20 }, (_, n) => outcomeOf(lanes.send(echo(n)) ?? Promise.reject()));
  await lanes.close();
  t.same(
    await Promise.all(sent),
    sent.map((_, n) => n),
  );
  const late = lanes.send(echo(1));
  t.ok(late === undefined || (await outcomeOf(late)) instanceof LaneMissed);
  await pause(1);
  t.equal(asked(), 1);
  t.same(
    (await open(t, 1)).lanes.send(echo(1)),
    undefined,
    'closing one that has only begun to open is fine',
  );
});

const reading = statement<object, { n: number }>(
  ({ db }) => db.selectNoFrom(sql<number>`pg_backend_pid()`.as('n')),
  { keyed: true },
);
const waiting = statement<object, { n: string }>(
  ({ db }) => db.selectNoFrom(sql<string>`pg_advisory_xact_lock(1)::text`.as('n')),
  { keyed: true },
);
const tenants = statement<{ slug: string }, object>(
  ({ db, slot }) => db.selectFrom('rollcall_data.tenants').selectAll().where('slug', '=', slot('slug')),
  { keyed: true },
);

t.test('whoever reads notices nothing of lanes that break or are stuck', async (t) => {
  const connection = await openClone(t, { poolSize: 8 });
  const scope = connection.scopeOf(A);
  const read = async (): Promise<number> => (await run(scope, reading, {}))[0]?.n as number;
  // The pool has no connection before both lanes are open, but for the first reads.
  const lanes = new Set<number>();
  await read();
  await pause(100);
  for (let n = 0; n < 20; n += 1) for (const pid of await Promise.all([read(), read()])) lanes.add(pid);
  t.equal(lanes.size, 2, 'two of the connections are lanes');

  const state = { done: false, reads: 0 };
  const reader = async (): Promise<void> => {
    while (!state.done) {
      await read();
      state.reads += 1;
    }
  };
  const readers = Array.from({ length: 8 }, reader);
  for (const pid of lanes) await connection.pool.query('select pg_terminate_backend($1)', [pid]);
  const enough = state.reads + 200;
  while (state.reads < enough) await pause(5);
  state.done = true;
  await Promise.all(readers);
  t.ok(state.reads >= enough, `${state.reads} reads`);

  const holder = await connection.pool.connect();
  await holder.query('select pg_advisory_lock(1)');
  const stuck = [run(scope, waiting, {}), run(scope, waiting, {}), run(scope, waiting, {})];
  await pause(60);
  t.same((await Promise.all(Array.from({ length: 20 }, read))).length, 20);
  await holder.query('select pg_advisory_unlock(1)');
  holder.release();
  t.equal((await Promise.all(stuck)).length, 3);
});

t.test('a plan that a migration has made stale is no matter in lanes', async (t) => {
  const connection = await openClone(t, { poolSize: 8 });
  const scope = connection.scopeOf(A);
  const find = () => run(scope, tenants, { slug: 'x' });
  await find();
  await pause(100);
  const rounds = async (): Promise<void> => {
    for (let n = 0; n < 5; n += 1) t.same(await Promise.all([find(), find(), find()]), [[], [], []]);
  };
  await rounds();
  await connection.pool.query('alter table rollcall_data.tenants add column color text');
  await rounds();
});
