/** Removing leavers for good once their tenant's retention is over. */
import type { ApplicationStore } from '../store/application.ts';
import type { Tenant } from '../store/tenant.ts';

export interface PurgeContext {
  readonly tenants: { list(): Promise<readonly Pick<Tenant, 'id' | 'provisioning'>[]> };
  readonly accounts: Pick<ApplicationStore['accounts'], 'purge'>;
  readonly newId: () => string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Accounts in one transaction. */
const BATCH = 500;

/**
 * Purges the tenants that have set a retention. Leavers fall due on the hour, so that the provisioning log, which is read
 * for what it says of them, is read once an hour at most.
 *
 * @param signal ends it between two batches
 * @returns how many accounts are gone
 */
export async function purge(
  { tenants, accounts, newId }: PurgeContext,
  now: Date,
  signal?: AbortSignal,
): Promise<number> {
  let gone = 0;
  for (const { id, provisioning } of await tenants.list()) {
    const { retentionDays } = provisioning;
    if (retentionDays === null) continue;
    const before = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS - retentionDays * DAY_MS);
    for (;;) {
      const removed = await accounts.purge(id, { before, limit: BATCH, at: now, requestId: newId() });
      gone += removed;
      if (removed < BATCH || signal?.aborted === true) break;
    }
  }
  return gone;
}
