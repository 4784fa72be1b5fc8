import { removeAccounts } from './removeAccounts.ts';
import type { TenantScope } from './tenantScope.ts';

export interface Purge {
  /** Who left before is due. */
  readonly before: Date;
  readonly limit: number;
  readonly at: Date;
  readonly requestId: string;
}

/**
 * Removes some of the leavers who are due, longest gone first, in one transaction. Those that another server is removing,
 * or that are coming back just now, are left alone.
 *
 * @returns how many
 */
export async function purgeAccounts(
  { db, tenantId }: TenantScope,
  { before, limit, at, requestId }: Purge,
): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const due = await transaction
      .selectFrom('rollcall_data.accounts as a')
      .where('a.tenant_id', '=', tenantId)
      .where('a.reason', '=', 'deprovisioned')
      .where('a.deprovisioned_at', '<', before)
      .orderBy('a.deprovisioned_at')
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .select('a.id')
      .execute();
    const ids = due.map(({ id }) => id);
    if (ids.length > 0) {
      const scope = { db: transaction, tenantId };
      await removeAccounts(scope, ids, { kind: 'account.purged', actor: 'system', at, requestId });
    }
    return ids.length;
  });
}
