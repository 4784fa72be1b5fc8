import { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { unavailable } from '../scim/errors.ts';
import { SealedDialect } from './guard/sealedDialect.ts';
import { tenantGuard } from './guard.ts';
import { LaneMissed, type Lanes } from './lanes.ts';
import { PreparingClient, preparing, type PrepareOptions, StatementNames } from './prepare.ts';
import type { Send } from './send.ts';
import type { Database } from './tables.ts';
import type { TenantScope } from './tenantScope.ts';
import { inTransaction, SNAPSHOT, type TransactionScope } from './transaction.ts';
import { createTurns } from './turns.ts';

/** The database, whichever it is. */
export interface Connection {
  /** Past the guard: for migrations, partitions and health, never for a tenant's rows. */
  readonly pool: pg.Pool;
  /** Reaches the control tables and no tenant's rows. */
  readonly db: Kysely<Database>;
  /**
   * Reaches the control tables and this tenant's rows. Cheap enough to be asked for by every request.
   *
   * @throws TenantGuardError when the id is no UUID in lower case
   */
  readonly forTenant: (tenantId: string) => Kysely<Database>;
  /** The same, with statements that have slots sent the shortest way. */
  readonly scopeOf: (tenantId: string) => TenantScope;
  /** Runs work on a tenant's data in one transaction. */
  readonly transaction: <T>(tenantId: string, work: (scope: TransactionScope) => Promise<T>) => Promise<T>;
  /**
   * Runs reads on a tenant's data in one snapshot. What takes long is done here, a few at once, so that others find a
   * connection.
   * @throws ScimError unavailable when there is no turn in time
   */
  readonly snapshot: <T>(tenantId: string, work: (scope: TenantScope) => Promise<T>) => Promise<T>;
  /** Whether this is the database in DATA_DIR. */
  readonly embedded: boolean;
  /** Ends every connection once it is given back. May be called twice. */
  readonly close: () => Promise<void>;
}

export interface ConnectionOptions extends PrepareOptions {
  readonly embedded: boolean;
  /** Whether statements may be sent before the ones sent earlier are answered; the pool's clients must be made for it. */
  readonly pipelined?: boolean;
  /** Shared connections for what is found by key. */
  readonly lanes?: (names: StatementNames) => Lanes;
  /** What is left to do when the pool has ended. */
  readonly afterClose?: () => Promise<void>;
}

/** Snapshots at once: never more than half of the connections. */
const SNAPSHOTS = 4;
/** How long one waits for its turn, in milliseconds. */
const TURN_PATIENCE = 10_000;
/** Seconds after which a client may come back that got none. */
const RETRY_AFTER = 5;

/** Handles in memory; each is a few small objects. */
const MAX_HANDLES = 1_000;

/**
 * Puts Kysely, the tenant guard and prepared statements over a pool. The pool belongs to the connection
 * from then on.
 */
export function connectionOver(pool: pg.Pool, options: ConnectionOptions): Connection {
  const names = new StatementNames(options);
  const lanes = options.lanes?.(names);
  const unguarded = new Kysely<Database>({
    dialect: new SealedDialect({ pool: preparing(pool, names, options) }),
  });
  const scopes = new LRUCache<string, TenantScope>({ max: MAX_HANDLES });
  const send: Send = async (statement) => {
    if (lanes && statement.keyed) {
      try {
        const sent = lanes.send(statement);
        if (sent) return await sent;
      } catch (error) {
        if (!(error instanceof LaneMissed)) throw error;
      }
    }
    const client = PreparingClient.of(await pool.connect(), names);
    try {
      return (await client.send(statement, false)).rows;
    } finally {
      client.release();
    }
  };
  const scopeOf = (tenantId: string): TenantScope => {
    let scope = scopes.get(tenantId);
    if (scope === undefined) {
      scope = { db: unguarded.withPlugin(tenantGuard(tenantId)), tenantId, send };
      scopes.set(tenantId, scope);
    }
    return scope;
  };
  const turns = createTurns(
    Math.max(1, Math.min(SNAPSHOTS, Math.floor(pool.options.max / 2))),
    TURN_PATIENCE,
    () => unavailable('Several large groups are being read already. Try again.', RETRY_AFTER),
  );
  const transactions = { pool, names, pipelined: options.pipelined ?? false };
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await lanes?.close();
    await pool.end();
    await options.afterClose?.();
  };
  return Object.freeze<Connection>({
    pool,
    db: unguarded.withPlugin(tenantGuard(null)),
    forTenant: (tenantId) => scopeOf(tenantId).db,
    scopeOf,
    transaction: (tenantId, work) => inTransaction(transactions, tenantId, work),
    snapshot: (tenantId, work) => turns.take(() => inTransaction(transactions, tenantId, work, SNAPSHOT)),
    embedded: options.embedded,
    close: () => (closed ??= close()),
  });
}
