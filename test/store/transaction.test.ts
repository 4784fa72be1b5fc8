import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import t, { type Test } from 'tap';
import { ScimError } from '../../src/scim/errors.ts';
import { isAway, retrying } from '../../src/store/errors.ts';
import { TenantGuardError } from '../../src/store/guard/tenantGuardError.ts';
import { StatementNames } from '../../src/store/prepare.ts';
import { statement } from '../../src/store/statement.ts';
import { run } from '../../src/store/tenantScope.ts';
import { inTransaction, type TransactionScope } from '../../src/store/transaction.ts';
import { cloneDatabase } from '../support/database.ts';

const A = '0190a000-0000-7000-8000-00000000000a';

const adding = statement<{ slug: string }, { slug: string }>(({ db, slot }) =>
  db
    .insertInto('rollcall_data.tenants')
    .values({
      id: sql<string>`gen_random_uuid()`,
      slug: slot('slug'),
      name: 'x',
      created_at: sql<Date>`now()`,
    })
    .returning('slug'),
);
const dividing = statement<{ by: number }, { q: number }>(({ db, slot }) =>
  db.selectNoFrom(sql<number>`1 / ${slot('by')}::int`.as('q')),
);
const add = (scope: TransactionScope, slug: string) => run(scope, adding, { slug });
const divide = (scope: TransactionScope, by: number) => run(scope, dividing, { by });

const failureOf = (failing: Promise<unknown>): Promise<unknown> =>
  failing.then(
    () => undefined,
    (error: unknown) => error,
  );

interface Opened {
  readonly pool: pg.Pool;
  readonly transaction: <T>(work: (scope: TransactionScope) => Promise<T>) => Promise<T>;
  readonly slugs: () => Promise<string[]>;
  /** How often something was written to a connection. */
  readonly writes: () => number;
}

async function open(t: Test, pipelined: boolean): Promise<Opened> {
  const connectionString = await cloneDatabase(t);
  const pool = new pg.Pool({ connectionString, max: 2, ...(pipelined && { pipeline: true }) });
  pool.on('error', () => undefined);
  let written = 0;
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    const { stream } = (client as pg.PoolClient & { connection: { stream: NodeJS.WritableStream } })
      .connection;
    for (const name of ['_write', '_writev'] as const) {
      const under = stream as unknown as Record<string, (...given: unknown[]) => unknown>;
      const write = under[name]?.bind(stream);
      if (write)
        under[name] = (...given) => {
          written += 1;
          return write(...given);
        };
    }
  });
  t.teardown(() => pool.end());
  const names = new StatementNames({ prepare: true });
  return {
    pool,
    transaction: (work) => inTransaction({ pool, names, pipelined }, A, work),
    slugs: async () => {
      const { rows } = await pool.query<{ slug: string }>(
        'select slug from rollcall_data.tenants order by slug',
      );
      return rows.map(({ slug }) => slug);
    },
    writes: () => written,
  };
}

t.test('begin travels with the first statement, and commit with the last', async (t) => {
  const { pool, transaction, slugs, writes } = await open(t, true);
  await pool.query('select 1');
  let before = writes();
  const [rows] = await transaction((scope) =>
    Promise.all([add(scope, 'a'), add(scope, 'b'), scope.commit()]),
  );
  t.same(rows, [{ slug: 'a' }]);
  t.equal(writes() - before, 1, 'where nothing has to be looked at in between');
  t.same(await slugs(), ['a', 'b']);

  before = writes();
  await transaction(async (scope) => {
    await add(scope, 'c');
    await Promise.all([add(scope, 'd'), scope.commit()]);
  });
  t.equal(writes() - before, 2, 'where the first answer decides about the rest');

  before = writes();
  await transaction((scope) => add(scope, 'e'));
  t.equal(writes() - before, 2, 'where nobody says that it ends');
  t.same(await slugs(), ['a', 'b', 'c', 'd', 'e']);
});

for (const pipelined of [true, false]) {
  const way = pipelined ? 'sent at once' : 'one after another';

  t.test(`statements of a transaction are answered each by its own rows, ${way}`, async (t) => {
    const { transaction, slugs } = await open(t, pipelined);
    const rows = await transaction(async (scope) => {
      const echoes = Array.from({ length: 20 }, (_, n) =>
        n % 2 === 0
          ? divide(scope, 1).then(() => n)
          : sql<{ n: number }>`select ${n}::int as n`.execute(scope.db).then(({ rows: [row] }) => row?.n),
      );
      await add(scope, 'a');
      return Promise.all(echoes);
    });
    t.same(
      rows,
      rows.map((_, n) => n),
    );
    t.same(await slugs(), ['a']);
  });

  t.test(
    `a statement that fails before the commit leaves nothing behind, and its error is told, ${way}`,
    async (t) => {
      const { pool, transaction, slugs } = await open(t, pipelined);
      await t.rejects(
        transaction((scope) =>
          Promise.all([add(scope, 'a'), divide(scope, 0), add(scope, 'b'), scope.commit()]),
        ),
        { code: '22012' },
      );
      await t.rejects(
        transaction((scope) => Promise.allSettled([add(scope, 'a'), divide(scope, 0), scope.commit()])),
        { code: '22012' },
        'also when nobody looks at it',
      );
      await t.rejects(
        transaction(async (scope) => {
          await add(scope, 'a');
          await divide(scope, 0).catch(() => undefined);
        }),
        { code: '22012' },
        'also without a commit of its own',
      );
      t.same(await slugs(), []);
      t.equal(pool.idleCount, pool.totalCount, 'its connection is given back');
      t.equal(pool.totalCount, 1, 'and can be used again');
    },
  );

  t.test(`what the work throws undoes it, ${way}`, async (t) => {
    const { pool, transaction, slugs } = await open(t, pipelined);
    const why = new Error('no');
    await t.rejects(
      transaction(async (scope) => {
        await add(scope, 'a');
        throw why;
      }),
      why,
    );
    await t.rejects(
      transaction(() => Promise.reject(why)),
      why,
      'be it before anything was sent',
    );
    t.same(await slugs(), []);
    t.equal(pool.idleCount, 1);
  });

  t.test(`nothing can be sent after the end, ${way}`, async (t) => {
    const { transaction, slugs } = await open(t, pipelined);
    const ended = { message: 'the transaction has ended' };
    let kept: TransactionScope | undefined;
    let late: Promise<unknown> | undefined;
    await transaction(async (scope) => {
      kept = scope;
      const committed = scope.commit();
      await t.rejects(add(scope, 'behind'), ended, 'behind the commit');
      await committed;
      await t.rejects(add(scope, 'after'), ended, 'after the commit');
      await t.rejects(scope.commit(), ended, 'a second commit');
      late = pause(20).then(() => add(scope, 'late'));
      late.catch(() => undefined);
    });
    const scope = kept as TransactionScope;
    await t.rejects(late as Promise<unknown>, ended, 'by a promise that nobody has waited for');
    await t.rejects(scope.db.selectFrom('rollcall_data.tenants').selectAll().execute(), ended);
    await transaction((next) => add(next, 'next'));
    await t.rejects(add(scope, 'a'), ended, 'also while another one has the connection');

    await t.rejects(
      transaction(async (undone) => {
        kept = undone;
        throw new Error('no');
      }),
    );
    await t.rejects(add(kept as TransactionScope, 'undone'), ended, 'after it was undone');
    t.same(await slugs(), ['next']);
  });

  t.test(`what was sent and forgotten still belongs to the transaction, ${way}`, async (t) => {
    const { transaction, slugs } = await open(t, pipelined);
    await transaction(async (scope) => void add(scope, 'a'));
    t.same(await slugs(), ['a']);
    await t.rejects(
      transaction(async (scope) => {
        divide(scope, 0).catch(() => undefined);
        void add(scope, 'b').catch(() => undefined);
      }),
      { code: '22012' },
    );
    t.same(await slugs(), ['a']);
  });

  t.test(`a connection that is lost before the commit undoes the transaction, ${way}`, async (t) => {
    const { pool, transaction, slugs } = await open(t, pipelined);
    const error = await failureOf(
      transaction(async (scope) => {
        await add(scope, 'a');
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(scope.db);
        await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
        await Promise.all([add(scope, 'b'), scope.commit()]);
      }),
    );
    t.ok(isAway(error), String(error));
    t.same(await slugs(), []);
    await transaction((scope) => add(scope, 'c'));
    t.same(await slugs(), ['c'], 'the next one gets another connection');
  });

  t.test(`a connection that is lost with the commit is told as such, ${way}`, async (t) => {
    const { pool, transaction, slugs } = await open(t, pipelined);
    await pool.query(`
      create function public.ends() returns trigger language plpgsql as
        'begin if new.slug like ''lost%'' then perform pg_terminate_backend(pg_backend_pid()); end if; return null; end';
      create constraint trigger ends after insert on rollcall_data.tenants deferrable initially deferred
        for each row execute function public.ends()`);
    for (const work of [
      (scope: TransactionScope) => add(scope, 'lost-one'),
      (scope: TransactionScope) => Promise.all([add(scope, 'lost-two'), scope.commit()]),
    ]) {
      let runs = 0;
      const lost = retrying(() => {
        runs += 1;
        return transaction(work as (scope: TransactionScope) => Promise<unknown>);
      });
      const error = await failureOf(lost);
      t.ok(error instanceof ScimError && error.status === 503, String(error));
      t.equal(runs, 1, 'and not tried again, since nobody knows what has become of it');
    }
    t.same(await slugs(), []);
    await transaction((scope) => add(scope, 'kept'));
    t.same(await slugs(), ['kept']);
  });

  t.test(`B15.03 the query builder of a transaction is guarded, ${way}`, async (t) => {
    const { transaction, slugs } = await open(t, pipelined);
    await transaction(async (scope) => {
      await t.rejects(scope.db.selectFrom('rollcall_data.resources').selectAll().execute(), TenantGuardError);
      await t.rejects(sql`select * from rollcall_data.resources`.execute(scope.db), TenantGuardError);
      await add(scope, 'a');
    });
    t.same(await slugs(), ['a'], 'what was refused was not sent, and fails nothing');
  });
}
