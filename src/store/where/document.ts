/** Conditions on values of the folded document. */
import { type RawBuilder, sql } from 'kysely';
import type { BoundFilter, Field, Operand } from '../../scim/filter/bound.ts';
import { leaf } from '../../scim/filter/bound.ts';
import type { Attribute } from '../../scim/schema/attribute.ts';
import { type Condition, FALSE, join, negate, orderedCondition, TRUE, textCondition } from './condition.ts';

type Comparison = Extract<BoundFilter, { kind: 'compare' }>;

/**
 * `eq` is containment, which the index on the folded document answers; every other operator looks at the values.
 */
export function compareDocument(
  folded: RawBuilder<unknown>,
  { field, operator, operand }: Comparison,
): Condition {
  if (operator === 'eq') return contains(folded, holding(field.attribute, valueIn(field, operand)));
  const attribute = leaf(field);
  // Without a function call per row this takes half the time.
  if (!field.attribute.multiValued && !attribute.multiValued) {
    const keys = keysOf(field).filter((key) => key !== undefined);
    return valueCondition(attribute, sql`(${folded} #>> ${keys}::text[])`, operator, operand);
  }
  const path = pathOf(field);
  const found = someValue(folded, path, (value) =>
    valueCondition(attribute, textOf(value), operator, operand),
  );
  // D4-1, D4-2: `ne` is also true where there is no value.
  if (operator !== 'ne') return found;
  return sql`(${found} or not jsonb_path_exists(${folded}, ${path}::jsonpath))`;
}

/** Whether there is a value, an empty string being none (B4b); of a complex attribute, any sub-attribute. */
export function presentInDocument(folded: RawBuilder<unknown>, field: Field): Condition {
  return present(folded, pathOf(field), leaf(field));
}

function present(json: RawBuilder<unknown>, path: string, attribute: Attribute): Condition {
  const isText = !['complex', 'boolean', 'integer', 'decimal'].includes(attribute.type);
  return sql`jsonb_path_exists(${json}, ${isText ? `${path} ? (@ != "")` : path}::jsonpath)`;
}

/**
 * Whether one element satisfies the filter. A conjunction of `eq` is one containment, with the same element
 * meant by all of them; for anything else the elements are looked at one by one.
 */
export function elementInDocument(folded: RawBuilder<unknown>, field: Field, filter: BoundFilter): Condition {
  const element = equalities(filter);
  if (element) return contains(folded, holding(field.attribute, element));
  return someValue(folded, pathOf({ ...field, sub: undefined }), (value) => onElement(value, filter));
}

function onElement(element: RawBuilder<unknown>, filter: BoundFilter): Condition {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return join(
        filter.terms.map((term) => onElement(element, term)),
        filter.kind,
      );
    case 'not':
      return negate(onElement(element, filter.term));
    case 'constant':
      return filter.value ? TRUE : FALSE;
    case 'element':
      return FALSE;
    case 'present':
      return present(element, subPath(filter.field), leaf(filter.field));
    case 'compare': {
      const { field, operator, operand } = filter;
      const path = subPath(field);
      const found = someValue(element, path, (value) =>
        valueCondition(leaf(field), textOf(value), operator, operand),
      );
      if (operator !== 'ne') return found;
      return sql`(${found} or not jsonb_path_exists(${element}, ${path}::jsonpath))`;
    }
  }
}

/** The element that a conjunction of `eq` describes; undefined for any other filter. */
function equalities(filter: BoundFilter): Record<string, unknown> | undefined {
  if (filter.kind === 'compare') {
    const { field, operator, operand } = filter;
    if (operator !== 'eq' || !field.sub) return undefined;
    return { [field.sub.key]: field.sub.multiValued ? [operand] : operand };
  }
  if (filter.kind !== 'and') return undefined;
  const merged: Record<string, unknown> = {};
  for (const term of filter.terms) {
    const part = equalities(term);
    if (!part) return undefined;
    for (const [key, value] of Object.entries(part)) {
      // Two values of one sub-attribute are no single object.
      if (key in merged) return undefined;
      merged[key] = value;
    }
  }
  return merged;
}

function contains(folded: RawBuilder<unknown>, document: unknown): Condition {
  return sql`${folded} @> ${JSON.stringify(document)}::jsonb`;
}

/** A document that holds nothing but a value of an attribute. */
function holding(attribute: Attribute, value: unknown): Record<string, unknown> {
  const member = { [attribute.key]: attribute.multiValued ? [value] : value };
  return attribute.extension ? { [attribute.extension.toLowerCase()]: member } : member;
}

/**
 * The document that every folded document contains which satisfies a condition on the `value` of an attribute, such as
 * an e-mail address, and on what else is said of it with `eq`; undefined for any other condition.
 */
export function valueSought(filter: BoundFilter): Record<string, unknown> | undefined {
  if (filter.kind !== 'element' && filter.kind !== 'compare') return undefined;
  if (filter.field.storage !== 'document' || !filter.field.attribute.multiValued) return undefined;
  const element = equalities(filter.kind === 'element' ? filter.filter : filter);
  if (typeof element?.['value'] !== 'string') return undefined;
  return holding(filter.field.attribute, element);
}

function valueIn({ sub }: Field, operand: Operand): unknown {
  if (!sub) return operand;
  return { [sub.key]: sub.multiValued ? [operand] : operand };
}

function someValue(
  json: RawBuilder<unknown>,
  path: string,
  condition: (value: RawBuilder<unknown>) => Condition,
): Condition {
  const value = sql.raw('found.value');
  return sql`exists (select 1 from jsonb_path_query(${json}, ${path}::jsonpath) as found(value) where ${condition(value)})`;
}

function textOf(value: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(${value} #>> '{}')`;
}

/** @param text the value as JSON has it, or null where there is none */
function valueCondition(
  attribute: Attribute,
  text: RawBuilder<unknown>,
  operator: Comparison['operator'],
  operand: Operand,
): Condition {
  switch (attribute.type) {
    case 'integer':
    case 'decimal':
      return orderedCondition(sql`${text}::numeric`, operator, operand, 'numeric');
    case 'boolean':
      return orderedCondition(sql`${text}::boolean`, operator, operand, 'boolean');
    default:
      return textCondition(text, operator, String(operand));
  }
}

// jsonpath in its lax mode, the default, steps into arrays on the way by itself, but not into the last one.
function pathOf(field: Field): string {
  return `$${keysOf(field).map(step).join('')}${each(leaf(field))}`;
}

function keysOf({ attribute, sub }: Field): (string | undefined)[] {
  return [attribute.extension?.toLowerCase(), attribute.key, sub?.key];
}

// From an element. One of a simple multi-valued attribute is its own value.
function subPath({ sub }: Field): string {
  return sub ? `$${step(sub.key)}${each(sub)}` : '$';
}

function step(key: string | undefined): string {
  return key === undefined ? '' : `.${JSON.stringify(key)}`;
}

function each({ multiValued }: Attribute): string {
  return multiValued ? '[*]' : '';
}
