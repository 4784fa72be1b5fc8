import type pg from 'pg';

/** What the database gives a role, as far as it matters for how this server is set up. */
export interface DatabaseFacts {
  /** Whether a pooler such as PgBouncer is between. */
  readonly pooled: boolean;
  /** Connections that this role may have at once, if nobody else had any. */
  readonly connections: number;
  /** What a session has without being told, in milliseconds; 0 for no limit. */
  readonly statementTimeoutMs: number;
}

/** @throws what the driver throws */
export async function inspectDatabase(pool: pg.Pool): Promise<DatabaseFacts> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ pid: number; connections: number; timeout: number }>(
      `select pg_backend_pid() as pid,
         least(
           current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true)::int, 0),
           (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),
           (select nullif(datconnlimit, -1) from pg_database where datname = current_database())
         ) as connections,
         (select reset_val::int from pg_settings where name = 'statement_timeout') as timeout`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the database says nothing of itself');
    const { processID } = client as pg.PoolClient & { processID: number };
    return { pooled: row.pid !== processID, connections: row.connections, statementTimeoutMs: row.timeout };
  } finally {
    client.release();
  }
}
