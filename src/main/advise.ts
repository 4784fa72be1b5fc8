import type { Config } from '../config.ts';
import type { Observer } from '../observe.ts';
import type { Connection } from '../store/connection.ts';
import { inspectDatabase } from '../store/inspectDatabase.ts';

/** Tells, at the start, in what the database and the configuration do not go together. Never fails. */
export async function advise(
  config: Config,
  { pool, embedded }: Connection,
  observe: Observer,
): Promise<void> {
  if (embedded) return;
  const facts = await inspectDatabase(pool).catch(() => undefined);
  if (facts === undefined) return;
  const { pooled, connections: allowed, statementTimeoutMs } = facts;
  // One more each, on which it listens.
  const wanted = config.workers * (config.databasePoolSize + 1);
  if (!pooled && wanted > allowed) observe({ kind: 'connections-exceed', wanted, allowed });
  if (pooled && statementTimeoutMs === 0)
    observe({ kind: 'limits-not-with-role', statementTimeoutMs: config.statementTimeoutMs });
}
