import { type GivingGroup, readGroupNames } from './readGroupNames.ts';
import type { TenantScope } from './tenantScope.ts';

/** An organization that an account belongs to. */
export interface Membership {
  readonly id: string;
  readonly applicationId: string | null;
  readonly name: string;
  readonly isDefault: boolean;
  readonly role: string | null;
  /** Through which the membership comes; none for the default organization where no group leads there. */
  readonly groups: readonly GivingGroup[];
}

/** No answer shows more of them. */
const MOST = 1000;

/** The organizations of an account, the default one first. */
export async function readMemberships(scope: TenantScope, accountId: string): Promise<readonly Membership[]> {
  const { db, tenantId } = scope;
  const rows = await db
    .selectFrom('rollcall_data.organization_members as m')
    .innerJoin('rollcall_data.organizations as o', (on) =>
      on.on('o.tenant_id', '=', tenantId).onRef('o.id', '=', 'm.organization_id'),
    )
    .where('m.tenant_id', '=', tenantId)
    .where('m.account_id', '=', accountId)
    .orderBy('o.is_default', 'desc')
    .orderBy('o.key')
    .orderBy('o.id')
    .limit(MOST)
    .select(['o.id', 'o.application_id', 'o.name', 'o.is_default', 'm.role', 'm.group_ids'])
    .execute();
  const named = await readGroupNames(
    scope,
    rows.flatMap(({ group_ids }) => group_ids),
  );
  return rows.map(({ id, application_id, name, is_default, role, group_ids }) => ({
    id,
    applicationId: application_id,
    name,
    isDefault: is_default,
    role,
    groups: named(group_ids),
  }));
}
