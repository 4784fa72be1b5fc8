/** Where groups lead, as an admin sees it. */
import { sql } from 'kysely';
import type { TenantScope } from './tenantScope.ts';

/** Groups in the order of their ids, each with its links; those that lead nowhere too. */
export async function readLinks(
  { db, tenantId }: TenantScope,
  { limit, after, group }: { limit: number; after?: string; group?: string },
) {
  let groups = db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.type', '=', 'Group')
    .where('r.deleted_at', 'is', null)
    .orderBy('r.id')
    .limit(limit)
    .select((eb) => [
      'r.id as groupId',
      sql<string | null>`${sql.ref('r.attributes')} ->> 'displayName'`.as('displayName'),
      'r.linked_by_hand as byHand',
      eb
        .selectFrom('rollcall_data.group_links as l')
        .innerJoin('rollcall_data.organizations as o', (on) =>
          on.on('o.tenant_id', '=', tenantId).onRef('o.id', '=', 'l.organization_id'),
        )
        .where('l.tenant_id', '=', tenantId)
        .whereRef('l.group_id', '=', 'r.id')
        .select(
          sql<readonly { organizationId: string; organization: string; role: string | null }[]>`coalesce(
            json_agg(json_build_object('organizationId', ${sql.ref('o.id')}, 'organization', ${sql.ref('o.name')},
              'role', ${sql.ref('l.role')}) order by ${sql.ref('o.id')}), '[]'::json)`.as('links'),
        )
        .as('links'),
    ]);
  if (after !== undefined) groups = groups.where('r.id', '>', after);
  if (group !== undefined) groups = groups.where('r.id', '=', group);
  return groups.execute();
}
