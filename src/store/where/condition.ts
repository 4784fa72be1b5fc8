/** SQL for one comparison of a value that is already in comparable form. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Operand } from '../../scim/filter/bound.ts';
import type { CompareOperator } from '../../scim/filter/parse.ts';

/** An SQL expression of a boolean. */
export type Condition = RawBuilder<SqlBool>;

/**
 * A comparison of text, with the order of code points (D4-37). Substrings are looked for as they are: no pattern
 * is made from a client's value, so that there is nothing to escape.
 * @param text an SQL expression of type text
 */
export function textCondition(
  text: RawBuilder<unknown>,
  operator: CompareOperator,
  operand: string,
): Condition {
  switch (operator) {
    case 'eq':
      return sql`${text} = ${operand}`;
    case 'ne':
      return sql`${text} is distinct from ${operand}`;
    case 'co':
      return sql`strpos(${text}, ${operand}) > 0`;
    case 'sw':
      return sql`starts_with(${text}, ${operand})`;
    case 'ew':
      return sql`right(${text}, char_length(${operand})) = ${operand}`;
    default:
      return sql`${text} collate "C" ${orderOperator(operator)} ${operand}`;
  }
}

/**
 * A comparison by the type's own order.
 * @param value an SQL expression; the operand is cast to `type`
 */
export function orderedCondition(
  value: RawBuilder<unknown>,
  operator: CompareOperator,
  operand: Operand,
  type: 'numeric' | 'boolean' | 'timestamptz' | 'integer',
): Condition {
  const cast = sql`${operand}::${sql.raw(type)}`;
  if (operator === 'eq') return sql`${value} = ${cast}`;
  if (operator === 'ne') return sql`${value} is distinct from ${cast}`;
  return sql`${value} ${orderOperator(operator)} ${cast}`;
}

function orderOperator(operator: CompareOperator): RawBuilder<unknown> {
  switch (operator) {
    case 'gt':
      return sql`>`;
    case 'ge':
      return sql`>=`;
    case 'lt':
      return sql`<`;
    default:
      return sql`<=`;
  }
}

/** The negation in two-valued logic: what is unknown counts as false first (B4.21). */
export function negate(condition: Condition): Condition {
  return sql`(${condition}) is not true`;
}

export function join(conditions: readonly Condition[], connective: 'and' | 'or'): Condition {
  const separator = connective === 'and' ? sql` and ` : sql` or `;
  return sql`(${sql.join(conditions, separator)})`;
}

export const TRUE: Condition = sql`true`;
export const FALSE: Condition = sql`false`;
