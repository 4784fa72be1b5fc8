import type pg from 'pg';
import { distributionOf } from '../citus/distribute.ts';
import type { Connection } from '../connection.ts';
import { MigrationError, pendingMigrations } from '../migrate.ts';
import type { DatabaseFacts } from './facts.ts';
import { expectedIndexes } from './expectedIndexes.ts';

/** What is asked about settings. */
const SETTINGS = [
  'shared_buffers',
  'random_page_cost',
  'jit',
  'autovacuum',
  'fsync',
  'synchronous_commit',
  'effective_cache_size',
  'track_counts',
  'idle_in_transaction_session_timeout',
];

const INDEXES = `
  select i.relname as name, t.relname as "table", x.indisvalid and x.indisready as valid, x.indisunique as unique,
    coalesce(s.idx_scan, 0)::float8 as scans, pg_relation_size(i.oid)::float8 as size
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    left join pg_stat_all_indexes s on s.indexrelid = i.oid
  where t.relnamespace = 'rollcall_data'::regnamespace and not t.relispartition
  order by 1`;

const TABLES = `
  select relname as name, n_live_tup::float8 as rows, n_dead_tup::float8 as dead,
    pg_total_relation_size(relid)::float8 as size, greatest(last_vacuum, last_autovacuum) as "lastVacuum",
    greatest(last_analyze, last_autoanalyze) as "lastAnalyze"
  from pg_stat_all_tables where schemaname = 'rollcall_data' order by relname`;

/** Of the whole cluster: a transaction in another database holds up the feed, too. */
const OPEN = `
  select pid, extract(epoch from clock_timestamp() - xact_start)::float8 as seconds, coalesce(state, '') as state,
    coalesce(application_name, '') as application, backend_xid is not null as writes
  from pg_stat_activity
  where xact_start is not null and pid <> pg_backend_pid()
    and backend_type = 'client backend'
  order by xact_start limit 20`;

const STATEMENTS = `
  select left(regexp_replace(query, '\\s+', ' ', 'g'), 160) as text, calls::float8 as calls,
    mean_exec_time as "meanMs", total_exec_time / nullif(sum(total_exec_time) over (), 0) as share
  from pg_stat_statements
  where dbid = (select oid from pg_database where datname = current_database())
  order by total_exec_time desc limit 5`;

const HOLDS = `
  select count(*)::int as open, min(opened_at) as oldest,
    (count(*) filter (where expires_at < now() - interval '10 minutes'))::int as overdue
  from rollcall_data.holds where closed_at is null`;

const PURGES = `
  select count(*)::int as n from rollcall_data.tenants t
  where (t.provisioning ->> 'retentionDays') is not null and exists (
    select from rollcall_data.accounts a where a.tenant_id = t.id and a.reason = 'deprovisioned'
      and a.deprovisioned_at < now() - make_interval(days => (t.provisioning ->> 'retentionDays')::int, hours => 2))`;

/** Of tokens in use, and of a tenant that is: who has made a newer one knows. */
const EXPIRING = `
  select t.slug as tenant, k.name, k.expires_at as "expiresAt"
  from rollcall_data.tokens k join rollcall_data.tenants t on t.id = k.tenant_id
  where t.active and k.revoked_at is null and k.expires_at between now() - interval '30 days' and now() + interval '30 days'
    and not exists (select from rollcall_data.tokens later where later.tenant_id = k.tenant_id
      and later.revoked_at is null and later.created_at > k.created_at
      and coalesce(later.expires_at, 'infinity') > k.expires_at)
  order by k.expires_at limit 20`;

/**
 * Reads what the doctor judges; changes nothing. What cannot be read, for want of a right or because the database is an
 * embedded one, is noted and left out.
 *
 * @param migrations the folder
 * @throws what the driver throws when the database is away
 */
export async function readFacts(connection: Connection, migrations: string): Promise<DatabaseFacts> {
  const { pool, embedded } = connection;
  const began = Date.now();
  const [clock] = (
    await pool.query<{ now: Date; version: string }>(
      `select clock_timestamp() as now, current_setting('server_version') as version`,
    )
  ).rows as [{ now: Date; version: string }];
  const serverAheadMs = (began + Date.now()) / 2 - clock.now.getTime();
  const unread: { what: string; why: string }[] = [];
  const attempt = async <T>(what: string, read: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      unread.push({ what, why: (error as Error).message });
      return otherwise;
    }
  };
  const rows = <Row extends object>(what: string, text: string): Promise<readonly Row[]> =>
    attempt(what, async () => (await pool.query<Row>(text)).rows, []);
  const has = async (extension: string): Promise<boolean> =>
    (await rows('extensions', `select 1 from pg_extension where extname = '${extension}'`)).length > 0;

  const [age] = await rows<{ age: number; freezeAt: number }>(
    'transaction ids',
    `select age(datfrozenxid)::float8 as age, current_setting('autovacuum_freeze_max_age')::float8 as "freezeAt"
     from pg_database where datname = current_database()`,
  );
  const [counted] = await rows<{ seconds: number | null }>(
    'statistics',
    `select extract(epoch from now() - coalesce(stats_reset, pg_postmaster_start_time()))::float8 as seconds
     from pg_stat_database where datname = current_database()`,
  );
  const [connections] = await rows<DatabaseFacts['connections']>(
    'connections',
    `select current_setting('max_connections')::int as most, count(*)::int as used,
       (count(*) filter (where application_name like 'rollcall%'))::int as ours
     from pg_stat_activity where backend_type = 'client backend'`,
  );
  const [holds] = await rows<DatabaseFacts['work']['holds']>('holds', HOLDS);
  const [recomputations] = await rows<DatabaseFacts['work']['recomputations']>(
    'recomputations',
    `select count(*)::int as overdue, min(not_before) as oldest from rollcall_data.recomputations
     where not_before < now() - interval '10 minutes'`,
  );
  const [purges] = await rows<{ n: number }>('purges', PURGES);
  const settings = await rows<{ name: string; value: string }>(
    'settings',
    `select name, case unit when '8kB' then (setting::bigint * 8192)::text else setting end as value
     from pg_settings where name in (${SETTINGS.map((name) => `'${name}'`).join()})`,
  );
  return {
    embedded,
    version: clock.version,
    now: clock.now,
    serverAheadMs,
    pool: poolFacts(pool),
    migrations: await readMigrations(pool, migrations),
    indexes: {
      expected: expectedIndexes(migrations),
      found: await rows('indexes', INDEXES),
      countedFor: counted?.seconds ?? undefined,
    },
    tables: await rows('tables', TABLES),
    transactions: {
      age: age?.age ?? 0,
      freezeAt: age?.freezeAt ?? 200_000_000,
      open: await rows('open transactions', OPEN),
      prepared: await rows(
        'prepared transactions',
        `select gid as name, extract(epoch from clock_timestamp() - prepared)::float8 as seconds
         from pg_prepared_xacts where prepared < clock_timestamp() - interval '1 minute'`,
      ),
    },
    slots: await rows(
      'replication slots',
      `select slot_name as name, active, coalesce(pg_wal_lsn_diff(case when pg_is_in_recovery()
         then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn), 0)::float8 as kept
       from pg_replication_slots`,
    ),
    statements: (await has('pg_stat_statements')) ? await rows('slow statements', STATEMENTS) : undefined,
    settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    connections: connections ?? { most: 0, used: 0, ours: 0 },
    work: {
      partitions: (
        await rows<{ day: string }>(
          'partitions',
          `select substr(c.relname, 11) as day from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = to_regclass('rollcall_data.exchanges') and c.relname ~ '^exchanges_[0-9]{8}$' order by 1`,
        )
      ).map(({ day }) => day),
      holds: holds ?? { open: 0, oldest: null, overdue: 0 },
      recomputations: recomputations ?? { overdue: 0, oldest: null },
      purges: purges?.n ?? 0,
      expiring: await rows('tokens', EXPIRING),
    },
    undistributed: (await has('citus')) ? await attempt('Citus', () => undistributedIn(pool), []) : undefined,
    unread,
  };
}

function poolFacts(pool: pg.Pool): DatabaseFacts['pool'] {
  const { totalCount: open, idleCount: idle, waitingCount: waiting, options } = pool;
  return { most: options.max, open, idle, waiting };
}

async function readMigrations(pool: pg.Pool, folder: string): Promise<DatabaseFacts['migrations']> {
  try {
    return { pending: await pendingMigrations(pool, folder), trouble: undefined };
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return { pending: [], trouble: error.message };
  }
}

async function undistributedIn(pool: pg.Pool): Promise<readonly string[]> {
  const statements = await distributionOf(pool);
  return statements.flatMap((statement) => /_table\('([\w.]+)'/.exec(statement)?.[1] ?? []);
}
