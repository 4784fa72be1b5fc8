/** Nothing here runs on Citus, which CI does not have: the rules it documents are played by functions of its names. */
import pg from 'pg';
import t from 'tap';
import { distribute, distributionOf } from '../../src/store/citus/distribute.ts';
import { distribution, DistributionError, type TableFacts } from '../../src/store/citus/distribution.ts';
import { CONTROL_TABLES, TENANT_TABLES } from '../../src/store/guard/guardedTables.ts';
import { createPartitions } from '../../src/store/exchangePartitions.ts';
import { cloneDatabase } from '../support/database.ts';

/** What of Citus matters here, refusing what Citus refuses. */
const PLAYED = `
  create type public.citus_kind as enum ('local', 'reference', 'distributed');
  create table public.played (name regclass primary key, kind citus_kind not null, colocation text);
  create view public.citus_tables as select name as table_name, kind::text as citus_table_type from played;
  create function public.check_keys(given regclass) returns void language plpgsql as $$
  declare bad text;
  begin
    select k.conname into bad from pg_constraint k
      left join played own on own.name = k.conrelid left join played other on other.name = k.confrelid
      where k.contype = 'f' and (k.conrelid = given or k.confrelid = given)
        and not (coalesce(other.kind, 'local') = 'reference' or own.kind = 'distributed' and other.kind = 'distributed'
          or coalesce(own.kind, 'local') = 'local' and coalesce(other.kind, 'local') = 'local') limit 1;
    if bad is not null then raise 'foreign key % between tables that do not lie together', bad; end if;
  end $$;
  create function public.create_reference_table(given regclass) returns void language plpgsql as $$
  begin insert into played values (given, 'reference'); perform check_keys(given); end $$;
  create function public.create_distributed_table(given regclass, col text, colocate_with text default 'default',
    shard_count int default null) returns void language plpgsql as $$
  declare bad text;
  begin
    select i.indexrelid::regclass::text into bad from pg_index i
      join pg_attribute a on a.attrelid = given and a.attname = col
      where i.indrelid = given and (i.indisunique or i.indisexclusion) and not a.attnum = any (i.indkey) limit 1;
    if bad is not null then raise 'unique index % lacks the distribution column', bad; end if;
    if colocate_with <> 'none' and not exists (select from played where name = colocate_with::regclass) then
      raise '% is not distributed', colocate_with; end if;
    if exists (select from pg_trigger where tgrelid = given and not tgisinternal) then
      raise 'triggers are not supported on distributed tables'; end if;
    insert into played values (given, 'distributed', colocate_with); perform check_keys(given);
  end $$;
  create function public.create_distributed_function(given regprocedure) returns void language sql as '';
  insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (4294960000, 'citus', 10, 'public'::regnamespace, false, '13.0-1');`;

async function database(
  test: { teardown(clean: () => Promise<void>): void },
  played: boolean,
): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: await cloneDatabase(test), max: 2 });
  test.teardown(() => pool.end());
  if (played) await pool.query(PLAYED);
  return pool;
}

const table = (name: string, columns: readonly string[] = ['tenant_id', 'id']): TableFacts => ({
  name,
  unique: [{ name: `${name}_pkey`, columns }],
  narrowIdentities: [],
});
const NOTHING = { foreignKeys: [], functions: [], done: new Set<string>() };

t.test('every table is somewhere: a tenant’s on one node, the others on all of them', async (t) => {
  const pool = await database(t, true);
  await createPartitions(pool, ['20261122']);
  const keys = `select count(*) as n from pg_constraint where contype = 'f' and connamespace = 'rollcall_data'::regnamespace`;
  const before = (await pool.query(keys)).rows;
  await distribute(pool, 64);
  const { rows } = await pool.query<{ name: string; kind: string; colocation: string }>(
    `select relname as name, kind, colocation from played join pg_class c on c.oid = played.name`,
  );
  t.same(
    rows
      .filter(({ kind }) => kind === 'distributed')
      .map(({ name }) => name)
      .sort(),
    [...TENANT_TABLES].sort(),
  );
  t.same(
    rows
      .filter(({ kind }) => kind === 'reference')
      .map(({ name }) => name)
      .sort(),
    [...CONTROL_TABLES].filter((name) => name !== 'migrations').sort(),
  );
  t.same(
    new Set(rows.filter(({ kind }) => kind === 'distributed').map(({ colocation }) => colocation)),
    new Set(['none', 'rollcall_data.resources']),
  );
  t.same((await pool.query(keys)).rows, before, 'every foreign key is back');
  t.same(await distribute(pool), [], 'and a second time there is nothing to do');
});

t.test('a table that a later version adds is distributed by itself', async (t) => {
  const pool = await database(t, true);
  await distribute(pool);
  await pool.query(`delete from played where name = 'rollcall_data.passwords'::regclass`);
  const statements = await distribute(pool);
  t.same(
    statements.filter((statement) => statement.includes('create_distributed_table')),
    [
      `select create_distributed_table('rollcall_data.passwords', 'tenant_id', colocate_with => 'rollcall_data.resources')`,
    ],
  );
  t.same(
    statements.filter((statement) => statement.includes('trigger')),
    [],
  );
});

t.test('a change is numbered where its row is put, whatever the coordinator has put in', async (t) => {
  const pool = await database(t, true);
  await distribute(pool);
  const tenant = '00000000-0000-7000-8000-000000000001';
  await pool.query(
    `insert into rollcall_data.tenants (id, slug, name, created_at) values ($1, 'a', 'A', now())`,
    [tenant],
  );
  const { rows } = await pool.query<{ later: boolean; made: boolean }>(
    `insert into rollcall_data.changes (tenant_id, at, kind, request_id) values ($1, now(), 'x', 'y')
     returning xid > pg_current_xact_id()::text::bigint as later, position = xid::numeric * 1e19 + seq as made`,
    [tenant],
  );
  t.same(rows, [{ later: true, made: true }]);
});

t.test('the SQL can be read without Citus, which is asked for when it is to be run', async (t) => {
  const pool = await database(t, false);
  const statements = await distributionOf(pool, 128);
  t.equal(
    statements.filter((statement) => statement.includes('create_distributed_table')).length,
    TENANT_TABLES.size,
  );
  t.match(
    statements.join('\n'),
    `select create_distributed_table('rollcall_data.resources', 'tenant_id', colocate_with => 'none', shard_count => 128)`,
  );
  await t.rejects(distribute(pool), { name: 'DistributionError', message: /CREATE EXTENSION citus/ });
  await pool.query(PLAYED.replace("'13.0-1'", "'11.3-1'"));
  await t.rejects(distribute(pool), { message: /^This is Citus 11\.3-1; take 12 or later\.$/ });
});

t.test('whatever fails leaves nothing half done', async (t) => {
  const pool = await database(t, true);
  await pool.query(
    'create trigger t before insert on rollcall_data.members execute function suppress_redundant_updates_trigger()',
  );
  await t.rejects(
    distribute(pool),
    /Citus does not take it: triggers are not supported[^]*rollcall_data\.members/,
  );
  t.same((await pool.query('select * from played')).rows, []);
});

t.test('tables that cannot be distributed are named, each with the reason', async (t) => {
  const refused = (facts: Parameters<typeof distribution>[0], message: RegExp) =>
    t.throws(() => distribution(facts), { name: DistributionError.name, message });
  refused({ ...NOTHING, tables: [table('surprises')] }, /^Nobody has said whether rollcall_data\.surprises/);
  refused(
    { ...NOTHING, tables: [table('members', ['id'])] },
    /^members_pkey of rollcall_data\.members lacks tenant_id/,
  );
  refused(
    { ...NOTHING, tables: [{ ...table('members'), narrowIdentities: ['n'] }] },
    /members\.n: Citus wants .* bigint/,
  );
  const key = { name: 'k', table: 'holds', references: 'resources', definition: '' };
  const tables = ['holds', 'resources', 'members'].map((name) => table(name));
  refused({ ...NOTHING, tables, foreignKeys: [key] }, /^k: rollcall_data\.holds is on every node/);
  const definition = 'FOREIGN KEY (tenant_id, group_id) REFERENCES rollcall_data.resources(id, tenant_id)';
  refused(
    { ...NOTHING, tables, foreignKeys: [{ ...key, table: 'members', definition }] },
    /^k of rollcall_data\.members does not join tenant_id with tenant_id/,
  );
});
