import type pg from 'pg';
import { SCHEMA } from '../guard/guardedTables.ts';
import { type DistributionFacts, distribution, DistributionError } from './distribution.ts';

// Any number will do, if every version of this server uses the same.
const LOCK = 7_251_340_094;

/** The first whose distributed tables may have identity columns in all that is used here. */
const OLDEST = 12;

const UNIQUE = `
  select c.relname as "table", i.relname as name,
    array(select coalesce(a.attname, '') from unnest(x.indkey[0:x.indnkeyatts - 1]) with ordinality k (n, at)
      left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.n and k.n > 0 order by k.at)::text[] as columns
  from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
  where c.relnamespace = $1::regnamespace and not c.relispartition and (x.indisunique or x.indisexclusion)
  order by 1, 2`;

const TABLES = `
  select c.relname as name, array(select a.attname from pg_attribute a where a.attrelid = c.oid and a.attidentity <> ''
    and not a.attisdropped and a.atttypid <> 'bigint'::regtype)::text[] as "narrowIdentities"
  from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  order by c.relname = 'tenants' desc, 1`;

const FOREIGN_KEYS = `
  select k.conname as name, c.relname as "table", r.relname as "references", pg_get_constraintdef(k.oid) as definition
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class r on r.oid = k.confrelid
  where k.contype = 'f' and k.connamespace = $1::regnamespace and k.conparentid = 0
  order by 2, 1`;

const FUNCTIONS = `
  select p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as name
  from pg_proc p where p.pronamespace = $1::regnamespace and p.prokind = 'f' order by 1`;

const DONE = `
  select c.relname as name from citus_tables t join pg_class c on c.oid = t.table_name
  where c.relnamespace = $1::regnamespace and t.citus_table_type in ('distributed', 'reference')`;

type Database = Pick<pg.PoolClient, 'query'>;

/**
 * The statements that distribute a migrated database by tenant; changes nothing.
 *
 * @param shards see `distribution`
 * @throws DistributionError
 */
export async function distributionOf(database: Database, shards?: number): Promise<readonly string[]> {
  return distribution(await readFacts(database, (await citusVersion(database)) !== undefined), shards);
}

/**
 * Distributes a migrated database by tenant, in one transaction; what is distributed already is left as it is.
 *
 * @returns the statements that were carried out
 * @throws DistributionError also when the database has no Citus, or one that is too old
 */
export async function distribute(pool: pg.Pool, shards?: number): Promise<readonly string[]> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const version = await citusVersion(client);
    if (version === undefined)
      throw new DistributionError(
        'This database has no Citus. On the coordinator, and on every worker, install it, put citus first in ' +
          'shared_preload_libraries, restart, and run CREATE EXTENSION citus; see docs/scaling.md.',
      );
    if (Number.parseInt(version, 10) < OLDEST)
      throw new DistributionError(`This is Citus ${version}; take ${OLDEST} or later.`);
    await client.query('begin');
    await client.query('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0');
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const statements = distribution(await readFacts(client, true), shards);
    for (const statement of statements)
      await client.query(statement).catch((error: unknown) => {
        throw new Error(`Citus does not take it: ${(error as Error).message}\n${statement}`, {
          cause: error,
        });
      });
    await client.query('commit');
    return statements;
  } catch (error) {
    await client.query('rollback').catch((reason: Error) => {
      broken = reason;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function citusVersion(database: Database): Promise<string | undefined> {
  const { rows } = await database.query<{ version: string }>(
    `select extversion as version from pg_extension where extname = 'citus'`,
  );
  return rows[0]?.version;
}

async function readFacts(database: Database, hasCitus: boolean): Promise<DistributionFacts> {
  const read = async <Row extends object>(text: string): Promise<readonly Row[]> =>
    (await database.query<Row>(text, [SCHEMA])).rows;
  const unique = await read<{ table: string; name: string; columns: string[] }>(UNIQUE);
  const tables = await read<{ name: string; narrowIdentities: string[] }>(TABLES);
  return {
    tables: tables.map((table) => ({ ...table, unique: unique.filter((one) => one.table === table.name) })),
    foreignKeys: await read(FOREIGN_KEYS),
    functions: (await read<{ name: string }>(FUNCTIONS)).map(({ name }) => name),
    done: new Set(hasCitus ? (await read<{ name: string }>(DONE)).map(({ name }) => name) : []),
  };
}
