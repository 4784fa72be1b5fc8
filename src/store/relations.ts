/** The other ends of member rows, as JSON made by the database: one value however many there are. */
import { expressionBuilder, type RawBuilder, sql } from 'kysely';
import { FENCE } from './fence.ts';
import { groupsAbove, isDirect } from './nesting.ts';
import type { GroupTuple, MemberTuple } from './row.ts';
import type { Database, ResourcesTable } from './tables.ts';
import { displayOf } from './where/rows.ts';

const eb = expressionBuilder<Database & { r: ResourcesTable }, 'r'>();

/** What of a resource is kept in rows of its own, and is read only when it is to be shown. */
export interface Include {
  readonly members: boolean;
  readonly groups: boolean;
}

/** What is read of a resource's relations. */
export interface Relations extends Include {
  /** More members than that are not read; all are where it is left out. Of few different numbers. */
  readonly most?: number | undefined;
}

export function keyOfRelations({ members, groups, most }: Relations): string {
  return `${members} ${groups} ${members && most}`;
}

/** The other ends that are wanted, as columns beside those of the resource `r`. */
export function related(tenantId: string, { members, groups, most }: Relations) {
  return [
    ...(members ? [membersOf(tenantId, most).as('members')] : []),
    ...(groups ? [groupsOf(tenantId).as('groups')] : []),
  ];
}

/** The members of the group `r`, in the order in which they were created; where there are more than `most`, one more. */
function membersOf(tenantId: string, most: number | undefined): RawBuilder<readonly MemberTuple[]> {
  const all = eb
    .selectFrom('rollcall_data.members as m')
    .where('m.tenant_id', '=', tenantId)
    .whereRef('m.group_id', '=', 'r.id')
    .select('m.member_id');
  const chosen = most === undefined ? all : all.orderBy('m.member_id').limit(sql.lit(most + 1));
  const rows = eb
    .selectFrom(chosen.as('m'))
    .innerJoinLateral(
      (inner) =>
        inner
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .whereRef('r.id', '=', 'm.member_id')
          .select(['r.id', 'r.type', 'r.attributes'])
          .offset(FENCE)
          .as('mr'),
      (on) => on.onTrue(),
    )
    .select(
      sql`json_agg(json_build_array(${sql.ref('mr.id')}, ${sql.ref('mr.type')}, ${displayOf('mr')}) order by ${sql.ref('m.member_id')})`.as(
        'list',
      ),
    );
  return sql`coalesce(${rows}, '[]'::json)`;
}

/**
 * The groups that `r` belongs to, directly or through other groups, each once, also where groups belong to each other
 * in a circle (A6.04, A8.02).
 */
function groupsOf(tenantId: string): RawBuilder<readonly GroupTuple[]> {
  const rows = groupsAbove(tenantId)
    .innerJoinLateral(
      (inner) =>
        inner
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .whereRef('r.id', '=', 'up.group_id')
          .select(['r.id', 'r.type', 'r.attributes'])
          .offset(FENCE)
          .as('gr'),
      (on) => on.onTrue(),
    )
    .select(
      sql`json_agg(json_build_array(${sql.ref('gr.id')}, ${sql.ref('gr.type')}, ${displayOf('gr')}, ${isDirect(tenantId)}) order by ${sql.ref('gr.id')})`.as(
        'list',
      ),
    );
  return sql`coalesce(${rows}, '[]'::json)`;
}
