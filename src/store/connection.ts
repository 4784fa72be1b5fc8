import { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { SealedDialect } from './guard/sealedDialect.ts';
import { tenantGuard } from './guard.ts';
import { preparing, type PrepareOptions } from './prepare.ts';
import type { Database } from './tables.ts';

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
  /** Whether this is the database in DATA_DIR. */
  readonly embedded: boolean;
  /** Ends every connection once it is given back. May be called twice. */
  readonly close: () => Promise<void>;
}

export interface ConnectionOptions extends PrepareOptions {
  readonly embedded: boolean;
  /** What is left to do when the pool has ended. */
  readonly afterClose?: () => Promise<void>;
}

/** Handles in memory; each is a few small objects. */
const MAX_HANDLES = 1_000;

/**
 * Puts Kysely, the tenant guard and prepared statements over a pool. The pool belongs to the connection
 * from then on.
 */
export function connectionOver(pool: pg.Pool, options: ConnectionOptions): Connection {
  const unguarded = new Kysely<Database>({ dialect: new SealedDialect({ pool: preparing(pool, options) }) });
  const handles = new LRUCache<string, Kysely<Database>>({ max: MAX_HANDLES });
  let closed: Promise<void> | undefined;
  return Object.freeze<Connection>({
    pool,
    db: unguarded.withPlugin(tenantGuard(null)),
    forTenant(tenantId) {
      let handle = handles.get(tenantId);
      if (handle === undefined) {
        handle = unguarded.withPlugin(tenantGuard(tenantId));
        handles.set(tenantId, handle);
      }
      return handle;
    },
    embedded: options.embedded,
    close: () => (closed ??= pool.end().then(() => options.afterClose?.())),
  });
}
