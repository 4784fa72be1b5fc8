/** The database under measurement, seen from beside it: statements, buffers, rows written. */
import pg from 'pg';
import { parentOf, treeCpu } from './usage.ts';

export interface Work {
  /** NaN where pg_stat_statements is not there. */
  readonly statements: number;
  /** Shared buffers, found in memory or read. */
  readonly buffers: number;
}

/** Rows written, as `table operation` and how many. */
export type Written = ReadonlyMap<string, number>;

export interface Observed {
  /** Forgets what was counted so far. */
  reset(): Promise<void>;
  work(): Promise<Work>;
  /** Processor time of PostgreSQL in ms; NaN where it is not on this machine. */
  cpu(): number;
  /** Rows that are written while something is done. */
  written(run: () => Promise<void>): Promise<Written>;
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** What the comparison leaves out: the provisioning log, which is Rollcall's own. */
const APART = ['exchanges', 'undeclared', 'removals'];

/**
 * @param serverUrl of another database of the server, so that what is asked here is not counted
 * @param url of the database under measurement
 */
export async function observe(serverUrl: string, url: string): Promise<Observed> {
  const beside = new pg.Client({ connectionString: serverUrl });
  const inside = new pg.Client({ connectionString: url });
  await Promise.all([beside.connect(), inside.connect()]);
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const counted = await beside
    .query('create extension if not exists pg_stat_statements; select count(*) from pg_stat_statements')
    .then(
      () => true,
      () => false,
    );
  const { rows } = await beside.query<{ pid: number }>('select pg_backend_pid() as pid');
  const local = ['127.0.0.1', 'localhost', '::1'].includes(new URL(url).hostname);
  const postmaster = local ? parentOf(rows[0]?.pid ?? 0) : undefined;
  let before = 0;

  const blocks = async (): Promise<number> => {
    const found = await beside.query<{ n: string }>(
      'select blks_hit + blks_read as n from pg_stat_database where datname = $1',
      [name],
    );
    return Number(found.rows[0]?.n);
  };

  return {
    async reset() {
      if (counted) await beside.query('select pg_stat_statements_reset()');
      else before = await blocks();
    },
    async work() {
      if (!counted) return { statements: Number.NaN, buffers: (await blocks()) - before };
      const found = await beside.query<{ statements: string; buffers: string }>(
        `select coalesce(sum(calls), 0) as statements, coalesce(sum(shared_blks_hit + shared_blks_read), 0) as buffers
         from pg_stat_statements where dbid = (select oid from pg_database where datname = $1)`,
        [name],
      );
      const [row] = found.rows;
      return { statements: Number(row?.statements), buffers: Number(row?.buffers) };
    },
    cpu: () => (postmaster === undefined ? Number.NaN : treeCpu(postmaster)),
    async written(run) {
      await inside.query(WATCH);
      try {
        await run();
        const found = await inside.query<{ what: string; n: string }>(
          'select what, count(*) as n from rollcall_bench.written group by what order by what',
        );
        return new Map(
          found.rows
            .filter(({ what }) => !APART.includes(what.split(' ')[0] ?? ''))
            .map(({ what, n }) => [what, Number(n)]),
        );
      } finally {
        await inside.query('drop schema rollcall_bench cascade');
      }
    },
    query: async (text) => (await inside.query<Record<string, unknown>>(text)).rows,
    async close() {
      await Promise.all([beside.end(), inside.end()]);
    },
  };
}

const WATCH = `
create schema rollcall_bench;
create unlogged table rollcall_bench.written (what text);
create function rollcall_bench.note() returns trigger language plpgsql as $$
begin
  insert into rollcall_bench.written values (tg_table_name || ' ' || lower(tg_op));
  return null;
end $$;
do $$
declare name text;
begin
  for name in select relname from pg_class where relnamespace = 'rollcall_data'::regnamespace and relkind = 'r'
    and not relispartition
  loop
    execute format('create trigger rollcall_bench after insert or update or delete on rollcall_data.%I
      for each row execute function rollcall_bench.note()', name);
  end loop;
end $$`;
