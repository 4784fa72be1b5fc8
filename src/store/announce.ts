import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.ts';

/** On which every server over one database hears of changed tenants; `listen.ts` is the other end. */
export const CHANNEL = 'rollcall_tenants';

/**
 * Tells every server, once the transaction has committed, that what it remembers of a tenant or of its tokens may be out of
 * date. A statement of its own, since what a changed row returns may be computed on another machine than the one that is
 * listened to.
 */
export async function announce(db: Pick<Kysely<Database>, 'selectNoFrom'>, tenantId: string): Promise<void> {
  await db.selectNoFrom(sql<string>`pg_notify(${CHANNEL}, ${tenantId})`.as('told')).execute();
}
