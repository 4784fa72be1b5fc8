import pg from 'pg';
import t from 'tap';
import { packagePath } from '../../src/main/packagePath.ts';
import { diagnose } from '../../src/operations/diagnose.ts';
import { expectedIndexes } from '../../src/store/doctor/expectedIndexes.ts';
import { readFacts } from '../../src/store/doctor/readFacts.ts';
import { openConnection } from '../support/app.ts';

const migrations = packagePath('migrations');
const SETUP = { adminToken: 'x', publicUrl: undefined };

t.test('what the migrations say of indexes is what a database has after them', async (t) => {
  const { pool } = await openConnection(t);
  const { rows } = await pool.query<{ name: string }>(
    `select indexname as name from pg_indexes i join pg_class c on c.oid = ('rollcall_data.' || i.tablename)::regclass
     where i.schemaname = 'rollcall_data' and not c.relispartition`,
  );
  t.same(
    expectedIndexes(migrations)
      .map(({ name }) => name)
      .sort(),
    rows.map(({ name }) => name).sort(),
  );
});

t.test('an index that is gone is found, and made again by what is said to do', async (t) => {
  const connection = await openConnection(t);
  const { pool } = connection;
  const missing = async () =>
    diagnose(await readFacts(connection, migrations), SETUP).filter(
      ({ check, level }) => check === 'indexes' && level === 'problem',
    );
  t.same(await missing(), []);
  const before = (
    await pool.query(
      `select indexdef from pg_indexes where indexname in ('resources_key', 'resources_folded') order by 1`,
    )
  ).rows;
  await pool.query('drop index rollcall_data.resources_key, rollcall_data.resources_folded');
  const found = await missing();
  t.match(found, [
    { title: /^The index resources_key is missing/ },
    { title: /^The index resources_folded is missing/ },
  ]);
  for (const { todo = '' } of found) await pool.query(todo);
  t.same(await missing(), []);
  t.same(
    (
      await pool.query(
        `select indexdef from pg_indexes where indexname in ('resources_key', 'resources_folded') order by 1`,
      )
    ).rows,
    before,
  );
});

t.test(
  'a pending migration, an open transaction and an expiring token are read from the database',
  async (t) => {
    const connection = await openConnection(t);
    const { pool } = connection;
    const tenant = '00000000-0000-7000-8000-000000000001';
    await pool.query(
      `insert into rollcall_data.tenants (id, slug, name, created_at, provisioning) values ($1, 'a', 'A', now(), '{"retentionDays":1}')`,
      [tenant],
    );
    await pool.query(
      `insert into rollcall_data.tokens (tenant_id, id, name, digest, created_at, expires_at)
     values ($1, gen_random_uuid(), 'old', 'a', now() - interval '1 day', now() + interval '3 days'),
       ($1, gen_random_uuid(), 'renewed', 'b', now() - interval '2 days', now() + interval '2 days'),
       ($1, gen_random_uuid(), 'fresh', 'c', now() - interval '30 days', now() + interval '300 days')`,
      [tenant],
    );
    await pool.query(
      `insert into rollcall_data.holds (tenant_id, id, reason, opened_at, expires_at) values ($1, gen_random_uuid(), 'brake', now(), now() - interval '1 hour')`,
      [tenant],
    );
    await pool.query(
      `insert into rollcall_data.accounts (tenant_id, id, active, reason, created_at, modified_at, deprovisioned_at)
    values ($1, gen_random_uuid(), false, 'deprovisioned', now(), now(), now() - interval '2 days')`,
      [tenant],
    );
    const client = await pool.connect();
    try {
      await client.query(`begin; update rollcall_data.tenants set name = 'B'`);
      const { pid } = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0] ?? {};
      const other = new pg.Client({
        connectionString: pool.options.connectionString,
        application_name: 'forgotten',
      });
      await other.connect();
      await other.query('begin; select 1 from rollcall_data.tenants');
      const facts = await readFacts(connection, migrations);
      await other.end();
      t.same(facts.unread, []);
      t.match(
        facts.transactions.open.find((one) => one.pid === pid),
        { writes: true, state: 'idle in transaction' },
      );
      t.match(
        facts.transactions.open.find(({ application }) => application === 'forgotten'),
        { writes: false },
      );
      t.same(
        facts.work.expiring.map(({ name }) => name),
        ['old'],
      );
      t.match(facts.work, { holds: { open: 1, overdue: 1 }, purges: 1, recomputations: { overdue: 0 } });
      t.match(facts.settings, { shared_buffers: /^\d+$/, idle_in_transaction_session_timeout: '30000' });
      t.ok(Math.abs(facts.serverAheadMs) < 60_000);
      t.equal(facts.pool.most, 4);
    } finally {
      await client.query('rollback');
      client.release();
    }
    await pool.query(
      'delete from rollcall_data.migrations where version = (select max(version) from rollcall_data.migrations)',
    );
    const pending = await readFacts(connection, migrations);
    t.match(pending.migrations, { pending: [/^\d{4}_/], trouble: undefined });
    t.match(
      diagnose(pending, SETUP).find(({ check }) => check === 'migrations'),
      { level: 'problem', todo: 'rollcall migrate' },
    );
    await pool.query(
      `insert into rollcall_data.migrations (version, name, checksum) values (9000, '9000_later.sql', 'x')`,
    );
    t.match((await readFacts(connection, migrations)).migrations, {
      trouble: /9000_later|comes before|Restore/,
    });
  },
);

t.test('what may not be read is said, and the rest is read', async (t) => {
  const connection = await openConnection(t);
  await connection.pool.query('drop table rollcall_data.recomputations');
  const facts = await readFacts(connection, migrations);
  t.match(facts.unread, [{ what: 'recomputations', why: /does not exist/ }]);
  t.ok(facts.tables.length > 10);
  t.match(
    diagnose(facts, SETUP).find(({ check }) => check === 'unread'),
    { level: 'note', title: /recomputations/ },
  );
});
