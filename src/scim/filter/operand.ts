/** Which operators fit which types, and what a client wrote as a typed operand (matrix B4b). */
import { invalidFilter } from '../errors.ts';
import type { Attribute, AttributeType } from '../schema/attribute.ts';
import { fold, userNameKey } from '../schema/fold.ts';
import type { Leniency } from '../tolerance.ts';
import { type Field, leaf, type Operand } from './bound.ts';
import { comparableText } from './comparable.ts';
import type { CompareOperator } from './parse.ts';
import type { Literal } from './skeleton.ts';

const SUBSTRING: ReadonlySet<CompareOperator> = new Set(['co', 'sw', 'ew']);
const ORDER: ReadonlySet<CompareOperator> = new Set(['gt', 'ge', 'lt', 'le']);
const WITHOUT_SUBSTRING: ReadonlySet<AttributeType> = new Set([
  'boolean',
  'integer',
  'decimal',
  'dateTime',
  'binary',
]);
// RFC 7644 §3.4.2.2 table 3: booleans and binaries have no order.
const WITHOUT_ORDER: ReadonlySet<AttributeType> = new Set(['boolean', 'binary']);

/** Whether the operator asks for a part of a value. */
export function isSubstring(operator: CompareOperator): boolean {
  return SUBSTRING.has(operator);
}

/** @throws ScimError invalidFilter when the operator has no meaning for the attribute's type */
export function checkOperator(field: Field, operator: CompareOperator): void {
  const { type, path } = leaf(field);
  if (
    (SUBSTRING.has(operator) && WITHOUT_SUBSTRING.has(type)) ||
    (ORDER.has(operator) && WITHOUT_ORDER.has(type))
  ) {
    throw invalidFilter(`The operator "${operator}" does not apply to "${path}", which is of type ${type}.`);
  }
}

/**
 * The value in the form in which the field's values are kept for comparison.
 * @throws ScimError invalidFilter when the value is not of the field's type
 */
export function operandFor(field: Field, value: Literal, leniency: Leniency): Operand {
  const attribute = leaf(field);
  const operand = typed(field, attribute, value, leniency);
  if (operand === undefined) {
    throw invalidFilter(`"${attribute.path}" is of type ${attribute.type}; compare it with such a value.`);
  }
  // PostgreSQL text holds neither (B14.03).
  if (typeof operand === 'string' && (operand.includes('\0') || !operand.isWellFormed())) {
    throw invalidFilter(`The value to compare "${attribute.path}" with is not valid text.`);
  }
  return operand;
}

function typed(field: Field, attribute: Attribute, value: Literal, leniency: Leniency): Operand | undefined {
  switch (attribute.type) {
    case 'boolean':
      if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) {
        return leniency.use('string-for-boolean-in-filter') ? value.toLowerCase() === 'true' : undefined;
      }
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
    case 'decimal':
      return typeof value === 'number' ? value : undefined;
    default: {
      const text = textOf(value, leniency);
      if (text === undefined) return undefined;
      return field.storage === 'key' ? keyOf(attribute, text) : comparableText(attribute, text);
    }
  }
}

// A number without quotes is as good a guess at a text as any other bare word (quirk 38).
function textOf(value: Literal, leniency: Leniency): string | undefined {
  if (typeof value === 'string') return value;
  return value !== null && leniency.use('unquoted-value') ? String(value) : undefined;
}

/**
 * The key by which a resource is known: the prepared userName (RFC 8265), any other attribute's text as it compares,
 * so that what is unique is what `eq` finds.
 */
export function keyOf(attribute: Attribute, text: string): string {
  if (attribute.key === 'username') return userNameKey(text);
  return attribute.caseExact ? text.normalize('NFC') : fold(text);
}
