import type { Connection } from './connection.ts';

/** Open holds of all tenants whose time is over. */
export async function findExpired(
  { db }: Connection,
  now: Date,
): Promise<
  readonly { readonly tenantId: string; readonly id: string; readonly onExpiry: 'apply' | 'drop' | null }[]
> {
  return db
    .selectFrom('rollcall_data.holds')
    .where('closed_at', 'is', null)
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(1_000)
    .select(['tenant_id as tenantId', 'id', 'on_expiry as onExpiry'])
    .execute();
}
