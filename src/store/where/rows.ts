/** Conditions on the rows of members: `members` of a group, and `groups` of whatever belongs to one. */
import { type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import { invalidFilter } from '../../scim/errors.ts';
import type { BoundFilter, Field } from '../../scim/filter/bound.ts';
import { groupsAbove, isDirect, membersBelow } from '../nesting.ts';
import type { Database, ResourcesTable } from '../tables.ts';
import { type Condition, FALSE, join, negate, TRUE, textCondition } from './condition.ts';
import { uuidOf } from './uuid.ts';

/** Builds expressions where the resource in question goes by the name `r`. */
export type ResourceExpressions = ExpressionBuilder<Database & { r: ResourcesTable }, 'r'>;

/** Which side of a member row the resource in question is on. */
export type Side = 'members' | 'groups';

/**
 * Whether a row exists for which the filter is true.
 * @param filter undefined for any row at all
 */
export function someRow(
  eb: ResourceExpressions,
  tenantId: string,
  side: Side,
  filter: BoundFilter | undefined,
): Condition {
  const id = filter && idOf(filter);
  if (side === 'groups') return someGroup(eb, tenantId, id, filter);
  let rows = eb
    .selectFrom('rollcall_data.members as m')
    .where('m.tenant_id', '=', tenantId)
    .whereRef('m.group_id', '=', 'r.id')
    .select(sql<number>`1`.as('one'));
  if (filter && id !== undefined) {
    rows = rows.where('m.member_id', '=', id);
  } else if (filter) {
    rows = rows
      .innerJoin('rollcall_data.resources as o', (on) =>
        on.on('o.tenant_id', '=', tenantId).onRef('o.id', '=', 'm.member_id'),
      )
      .where(rowCondition(filter));
  }
  return sql<SqlBool>`${eb.exists(rows)}`;
}

/** The same of the groups above a resource, indirect ones included, so that a filter sees what `groups` shows. */
function someGroup(
  eb: ResourceExpressions,
  tenantId: string,
  id: string | undefined,
  filter: BoundFilter | undefined,
): Condition {
  if (!filter) {
    const rows = eb
      .selectFrom('rollcall_data.members as m')
      .where('m.tenant_id', '=', tenantId)
      .whereRef('m.member_id', '=', 'r.id')
      .select(sql<number>`1`.as('one'));
    return sql<SqlBool>`${eb.exists(rows)}`;
  }
  if (id !== undefined) return sql<SqlBool>`${sql.ref('r.id')} in ${membersBelow(tenantId, id)}`;
  const groups = groupsAbove(tenantId)
    .innerJoin('rollcall_data.resources as g', (on) =>
      on.on('g.tenant_id', '=', tenantId).onRef('g.id', '=', 'up.group_id'),
    )
    .select(['g.id', 'g.type', 'g.attributes', 'g.folded'])
    .select(sql<string>`case when ${isDirect(tenantId)} then 'direct' else 'indirect' end`.as('relation'));
  const rows = eb.selectFrom(groups.as('o')).where(rowCondition(filter)).select(sql<number>`1`.as('one'));
  return sql<SqlBool>`${eb.exists(rows)}`;
}

/** The id in a filter that is nothing but `value eq` a UUID. */
function idOf(filter: BoundFilter): string | undefined {
  const byValue = filter.kind === 'compare' && filter.operator === 'eq' && filter.field.sub?.key === 'value';
  return byValue ? uuidOf(filter.operand) : undefined;
}

/** A filter on one row, the resource at its other end being `o`. */
export function rowCondition(filter: BoundFilter): Condition {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return join(filter.terms.map(rowCondition), filter.kind);
    case 'not':
      return negate(rowCondition(filter.term));
    case 'constant':
      return filter.value ? TRUE : FALSE;
    case 'element':
      return FALSE;
    case 'present':
      return sql`${column(filter.field)} <> ''`;
    case 'compare': {
      const operand = String(filter.operand);
      return textCondition(column(filter.field), filter.operator, operand);
    }
  }
}

/** What a member or group is called where it is listed. */
export function displayOf(alias: 'o' | 'mr' | 'gr'): RawBuilder<string | null> {
  const attributes = sql.ref(`${alias}.attributes`);
  return sql`coalesce(${attributes} ->> 'displayName', ${attributes} ->> 'userName')`;
}

// The form in which it is compared: lower() of PostgreSQL is no case folding.
const foldedDisplay = sql`coalesce(${sql.ref('o.folded')} ->> 'displayname', ${sql.ref('o.folded')} ->> 'username')`;

function column({ attribute, sub }: Field): RawBuilder<unknown> {
  switch (sub?.key) {
    case 'value':
      return sql`${sql.ref('o.id')}::text`;
    case 'display':
      return foldedDisplay;
    case 'type':
      // Of a member `type` says what it is, of a group whether one belongs to it directly.
      return attribute.key === 'groups' ? sql.ref('o.relation') : sql`lower(${sql.ref('o.type')})`;
    default:
      throw invalidFilter(
        `"${sub?.path ?? attribute.path}" cannot be used in a filter; use "${attribute.path}.value".`,
      );
  }
}
