/** From a bound filter to SQL (DESIGN: nothing is filtered in memory, and no filter may widen). */
import { expressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { BoundFilter, Field } from '../scim/filter/bound.ts';
import { compareValues } from '../scim/filter/match.ts';
import type { CompareOperator } from '../scim/filter/parse.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Database, ResourcesTable } from './tables.ts';
import {
  type Condition,
  FALSE,
  join,
  negate,
  orderedCondition,
  TRUE,
  textCondition,
} from './where/condition.ts';
import { compareDocument, elementInDocument, presentInDocument } from './where/document.ts';
import { someRow } from './where/rows.ts';
import { uuidOf } from './where/uuid.ts';

const eb = expressionBuilder<Database & { r: ResourcesTable }, 'r'>();
const folded = sql.ref('r.folded');

/**
 * The condition for a query in which the resource goes by the name `r`.
 * @param tenantId constant in every part that reads another table
 */
export function compileWhere(tenantId: string, type: ResourceType, filter: BoundFilter): RawBuilder<SqlBool> {
  const compile = (node: BoundFilter): Condition => {
    switch (node.kind) {
      case 'and':
      case 'or':
        return join(node.terms.map(compile), node.kind);
      case 'not':
        return negate(compile(node.term));
      case 'constant':
        return node.value ? TRUE : FALSE;
      case 'present':
        return present(tenantId, node.field);
      case 'element':
        return element(tenantId, node.field, node.filter);
      case 'compare':
        return compare(tenantId, type, node);
    }
  };
  return compile(filter);
}

function compare(
  tenantId: string,
  type: ResourceType,
  comparison: Extract<BoundFilter, { kind: 'compare' }>,
): Condition {
  const { field, operator, operand } = comparison;
  const text = String(operand);
  switch (field.storage) {
    case 'id': {
      if (operator !== 'eq') return textCondition(sql`${sql.ref('r.id')}::text`, operator, text);
      const id = uuidOf(operand);
      return id ? sql`${sql.ref('r.id')} = ${id}` : FALSE;
    }
    case 'key':
      return textCondition(sql.ref('r.key'), operator, text);
    case 'externalId':
      return textCondition(sql.ref('r.external_id'), operator, text);
    case 'active':
      return orderedCondition(sql.ref('r.active'), operator, operand, 'boolean');
    case 'created':
      return orderedCondition(sql.ref('r.created_at'), operator, operand, 'timestamptz');
    case 'lastModified':
      return orderedCondition(sql.ref('r.modified_at'), operator, operand, 'timestamptz');
    case 'version':
      return textCondition(sql`('W/"' || ${sql.ref('r.version')} || '"')`, operator, text);
    case 'resourceType':
      return textCondition(sql.ref('r.type'), operator, text);
    case 'schemas':
      return schemas(type, operator, text);
    case 'members':
    case 'groups':
      return rows(tenantId, comparison, field.storage);
    case 'document':
      return compareDocument(folded, comparison);
  }
}

// D4-1, D4-2: any member other than the one named, or none at all.
function rows(
  tenantId: string,
  comparison: Extract<BoundFilter, { kind: 'compare' }>,
  side: 'members' | 'groups',
): Condition {
  const some = someRow(eb, tenantId, side, comparison);
  if (comparison.operator !== 'ne') return some;
  return join([some, negate(someRow(eb, tenantId, side, undefined))], 'or');
}

// B4.17: URNs compare without regard to case; an extension is in use where its container is there.
function schemas(type: ResourceType, operator: CompareOperator, text: string): Condition {
  const urns = [type.schema.toLowerCase(), ...type.extensions.keys()];
  const fits = (urn: string): boolean =>
    compareValues(urn, operator === 'ne' ? 'eq' : operator, text.toLowerCase());
  const inUse = urns
    .filter(fits)
    .map((urn) => (urn === urns[0] ? TRUE : sql<SqlBool>`jsonb_exists(${folded}, ${urn})`));
  const some = inUse.length > 0 ? join(inUse, 'or') : FALSE;
  return operator === 'ne' ? negate(some) : some;
}

function present(tenantId: string, field: Field): Condition {
  switch (field.storage) {
    case 'members':
    case 'groups':
      // The other end always has an id and a type, but not always something that it is called by.
      return someRow(
        eb,
        tenantId,
        field.storage,
        field.sub?.key === 'display' ? { kind: 'present', field } : undefined,
      );
    case 'key':
      return sql`${sql.ref('r.key')} <> ''`;
    case 'externalId':
      return sql`${sql.ref('r.external_id')} <> ''`;
    case 'document':
      return presentInDocument(folded, field);
    default:
      return TRUE;
  }
}

function element(tenantId: string, field: Field, filter: BoundFilter): Condition {
  if (field.storage === 'members' || field.storage === 'groups') {
    return someRow(eb, tenantId, field.storage, filter);
  }
  return elementInDocument(folded, field, filter);
}
