/** The meaning of a bound filter on values in memory: what a PATCH path selects, and what SQL is held against. */
import type { BoundFilter, Field, Operand } from './bound.ts';
import type { CompareOperator } from './parse.ts';

/** Gives the comparable values of a field: none when it is unassigned, several when it is multi-valued. */
export type Values = (field: Field) => readonly Operand[];
/** Gives, for each element of a multi-valued attribute, the values of that element's sub-attributes. */
export type Elements = (field: Field) => readonly Values[];

/**
 * Whether a filter is true. Two-valued throughout: an absent value makes every comparison false but `ne` (B4.20),
 * and `not` is plain negation (B4.21).
 */
export function matches(filter: BoundFilter, values: Values, elements: Elements): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.terms.every((term) => matches(term, values, elements));
    case 'or':
      return filter.terms.some((term) => matches(term, values, elements));
    case 'not':
      return !matches(filter.term, values, elements);
    case 'constant':
      return filter.value;
    case 'present':
      // An empty string counts as no value (B4b).
      return values(filter.field).some((value) => value !== '');
    case 'element':
      return elements(filter.field).some((element) => matches(filter.filter, element, () => []));
    case 'compare': {
      const found = values(filter.field);
      const { operator, operand } = filter;
      // D4-1, D4-2: `ne` is true when any value differs, and when there is none.
      if (operator === 'ne') return found.length === 0 || found.some((value) => value !== operand);
      return found.some((value) => compareValues(value, operator, operand));
    }
  }
}

/** Whether one value stands to another as the operator says; both in the form in which they are compared. */
export function compareValues(value: Operand, operator: CompareOperator, operand: Operand): boolean {
  switch (operator) {
    case 'eq':
      return value === operand;
    case 'ne':
      return value !== operand;
    case 'co':
      return String(value).includes(String(operand));
    case 'sw':
      return String(value).startsWith(String(operand));
    case 'ew':
      return String(value).endsWith(String(operand));
    default: {
      const order =
        typeof value === 'string' ? byCodePoint(value, String(operand)) : Number(value) - Number(operand);
      if (operator === 'gt') return order > 0;
      if (operator === 'ge') return order >= 0;
      return operator === 'lt' ? order < 0 : order <= 0;
    }
  }
}

// D4-37: strings are ordered by code point; JavaScript's own order is by UTF-16 unit.
function byCodePoint(left: string, right: string): number {
  const a = Array.from(left, codePoint);
  const b = Array.from(right, codePoint);
  const at = a.findIndex((point, index) => point !== b[index]);
  return at < 0 || at >= b.length ? a.length - b.length : Number(a[at]) - Number(b[at]);
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
