/** Values in the form in which they are compared, stored and in operands alike. */
import type { Attribute } from '../schema/attribute.ts';
import { instant } from '../schema/dateTime.ts';
import { fold } from '../schema/fold.ts';
import type { Operand } from './bound.ts';

/**
 * Text as an attribute compares it: folded unless the attribute is caseExact (RFC 7643 §2.2, B4.16); an instant
 * for a dateTime; base64 without padding, which may be left out (A3.05).
 * @returns undefined for a dateTime that is none
 */
export function comparableText(attribute: Attribute, text: string): string | undefined {
  if (attribute.type === 'dateTime') return instant(text);
  if (attribute.type === 'binary') return text.replace(/=+$/, '');
  return attribute.caseExact || attribute.type === 'reference' ? text.normalize('NFC') : fold(text);
}

/** A stored simple value as it is compared; undefined for what has no comparable form. */
export function comparable(attribute: Attribute, value: unknown): Operand | undefined {
  if (typeof value === 'string') return comparableText(attribute, value);
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}
