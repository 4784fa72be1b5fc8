/** Memberships of imported accounts: everybody who is active belongs to the default organization. */
import { sql } from 'kysely';
import type { Scope } from '../readResources.ts';
import type { ImportSettings } from './find.ts';
import type { ImportChange } from './feed.ts';

/** @returns what the feed is to be told */
export async function joinDefault(
  { db, tenantId }: Scope,
  { organizationId, provisioning: { defaultRole } }: ImportSettings,
  accountIds: readonly string[],
): Promise<ImportChange[]> {
  if (organizationId === null || accountIds.length === 0) return [];
  const added = await db
    .insertInto('rollcall_data.organization_members')
    .columns(['tenant_id', 'organization_id', 'account_id', 'role'])
    .expression((eb) =>
      eb
        .selectFrom(sql<{ id: string }>`unnest(${accountIds}::uuid[])`.as<'x'>(sql`x(id)`))
        .select((x) => [
          x.val(tenantId).as('tenant_id'),
          sql<string>`${organizationId}::uuid`.as('organization_id'),
          'x.id as account_id',
          sql<string | null>`${defaultRole}::text`.as('role'),
        ]),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('account_id')
    .execute();
  if (added.length === 0) return [];
  return [
    {
      kind: 'members.added',
      organization_id: organizationId,
      account_ids: added.map(({ account_id }) => account_id),
      after: { role: defaultRole, groups: [] },
    },
  ];
}

/** @returns what the feed is to be told: one change for those who lose the same */
export async function leaveAll(
  { db, tenantId }: Scope,
  accountIds: readonly string[],
): Promise<ImportChange[]> {
  if (accountIds.length === 0) return [];
  const removed = await db
    .deleteFrom('rollcall_data.organization_members as m')
    .where('m.tenant_id', '=', tenantId)
    .where('m.account_id', '=', sql<string>`any(${accountIds}::uuid[])`)
    .returning(['m.organization_id', 'm.account_id', 'm.role', 'm.group_ids'])
    .execute();
  const alike = new Map<string, ImportChange & { account_ids: string[] }>();
  for (const { organization_id, account_id, role, group_ids } of removed) {
    const before = { role, groups: group_ids };
    const key = JSON.stringify([organization_id, before]);
    const found = alike.get(key);
    if (found) found.account_ids.push(account_id);
    else alike.set(key, { kind: 'members.removed', organization_id, account_ids: [account_id], before });
  }
  return [...alike.values()];
}
