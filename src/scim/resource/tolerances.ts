/**
 * The leniencies toward values. Each gives the value that was meant, or the value as it is, which validation
 * then refuses. Numbers in comments are those of the catalogue of clients' quirks in docs/tolerances.md.
 */
import { invalidValue } from '../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { Leniency } from '../tolerance.ts';
import { isObject } from './document.ts';

/** One value where a list belongs: quirks 10, 16; OneLogin sends `emails` as one object. */
export function listOf(value: unknown, leniency: Leniency): unknown {
  return !Array.isArray(value) && leniency.use('object-for-list') ? [value] : value;
}

/** A list of one where a single value belongs: Entra's older form of `manager`, quirk 10. */
export function singleOf(value: unknown, leniency: Leniency): unknown {
  return Array.isArray(value) && value.length <= 1 && leniency.use('list-for-object')
    ? (value[0] ?? null)
    : value;
}

/** A bare value where an object with `value` belongs: `manager` as a string, members as ids; quirks 10, 16. */
export function complexOf(attribute: Attribute, value: unknown, leniency: Leniency): unknown {
  const bare = typeof value === 'string' || typeof value === 'number';
  return bare && attribute.subAttributes.has('value') && leniency.use('string-for-complex')
    ? { value }
    : value;
}

/** `displayName` for `display`: Entra's roles and some clients' members; quirks 16, 20. */
export function subAttributeFor(
  attribute: Attribute,
  key: string,
  leniency: Leniency,
): Attribute | undefined {
  const found = attribute.subAttributes.get(key);
  if (found || key !== 'displayname' || !attribute.multiValued) return found;
  const display = attribute.subAttributes.get('display');
  return display && leniency.use('display-name-for-display') ? display : undefined;
}

/** Simple values of the wrong JSON type: quirks 2, 8, 28, 33; and "" to clear, quirk 11. */
export function simpleOf(attribute: Attribute, value: unknown, leniency: Leniency): unknown {
  if (value === '' && leniency.use('empty-string-clears')) return null;
  switch (attribute.type) {
    case 'boolean':
      return booleanOf(value, leniency);
    case 'integer':
    case 'decimal':
      return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) && leniency.use('number-as-string')
        ? Number(value)
        : value;
    default:
      return typeof value === 'number' || typeof value === 'boolean' ? textOf(value, leniency) : value;
  }
}

function booleanOf(value: unknown, leniency: Leniency): unknown {
  if (typeof value !== 'string' || !/^(?:true|false)$/i.test(value)) return value;
  return leniency.use('boolean-as-string') ? value.toLowerCase() === 'true' : value;
}

function textOf(value: number | boolean, leniency: Leniency): unknown {
  return leniency.use('scalar-as-string') ? String(value) : value;
}

/**
 * More than one primary value: both are kept, the first stays primary (A5.02, D4-44).
 * @throws ScimError invalidValue in strict mode, because no type says that
 */
export function firstPrimary(
  attribute: Attribute,
  elements: readonly unknown[],
  leniency: Leniency,
): readonly unknown[] {
  const isPrimary = (element: unknown): boolean => isObject(element) && element['primary'] === true;
  const first = elements.findIndex(isPrimary);
  const several = elements.some((element, index) => index > first && isPrimary(element));
  if (first < 0 || !several) return elements;
  if (!leniency.use('several-primary')) throw invalidValue(`Only one of "${attribute.path}" can be primary.`);
  return elements.map((element, index) =>
    index > first && isPrimary(element) ? { ...(element as object), primary: false } : element,
  );
}
