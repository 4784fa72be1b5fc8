/** Groups within groups, followed in the database; `union` ends at a circle (A8.02). */
import { sql } from 'kysely';
import { FENCE } from './fence.ts';
import { builder } from './statement.ts';

/** A lateral subquery for one step upwards: the groups that something belongs to itself, as `group_id`. */
export function groupsOver(tenantId: string, member: string) {
  return builder
    .selectFrom('rollcall_data.members as m')
    .where('m.tenant_id', '=', tenantId)
    .whereRef('m.member_id', '=', sql.ref(member))
    .select('m.group_id')
    .offset(FENCE);
}

/** For a query in which the resource goes by the name `r`: every group above it, once, as `up.group_id`. */
export function groupsAbove(tenantId: string) {
  return builder
    .withRecursive('up', (qb) =>
      qb
        .selectFrom('rollcall_data.members as m')
        .where('m.tenant_id', '=', tenantId)
        .whereRef('m.member_id', '=', sql.ref('r.id'))
        .select('m.group_id')
        .union(
          qb
            .selectFrom('up')
            .innerJoinLateral(groupsOver(tenantId, 'up.group_id').as('above'), (on) => on.onTrue())
            .select('above.group_id'),
        ),
    )
    .selectFrom('up');
}

/** Everything that belongs to a group, directly or through others, once, as `member_id`. */
export function membersBelow(tenantId: string, groupId: string) {
  return builder
    .withRecursive('down', (qb) =>
      qb
        .selectFrom('rollcall_data.members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.group_id', '=', groupId)
        .select('m.member_id')
        .union(
          qb
            .selectFrom('down')
            .innerJoinLateral(
              (eb) =>
                eb
                  .selectFrom('rollcall_data.members as m')
                  .where('m.tenant_id', '=', tenantId)
                  .whereRef('m.group_id', '=', 'down.member_id')
                  .select('m.member_id')
                  .offset(FENCE)
                  .as('below'),
              (on) => on.onTrue(),
            )
            .select('below.member_id'),
        ),
    )
    .selectFrom('down')
    .select('down.member_id');
}

/** Whether `r` belongs to the group `up.group_id` itself, and not only to one below it. */
export function isDirect(tenantId: string) {
  return builder
    .selectFrom('rollcall_data.members as d')
    .where('d.tenant_id', '=', tenantId)
    .whereRef('d.group_id', '=', sql.ref('up.group_id'))
    .whereRef('d.member_id', '=', sql.ref('r.id'))
    .select(sql<boolean>`count(*) > 0`.as('direct'));
}
