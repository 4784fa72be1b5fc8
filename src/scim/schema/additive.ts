/** Whether a schema can take the place of another one while there are resources with values of it. */
import { conflict } from '../errors.ts';
import type { AttributeDefinition } from './attribute.ts';

/** What does not touch the values that are there. */
const FREE: ReadonlySet<string> = new Set([
  'description',
  'canonicalValues',
  'referenceTypes',
  'subAttributes',
]);

/**
 * @param used what makes the change impossible, such as `3 resources have values of it`
 * @throws ScimError 409 naming the attribute that is removed, changed, or added as required
 */
export function checkAdditive(
  before: readonly AttributeDefinition[],
  after: readonly AttributeDefinition[],
  used: string,
  parent = '',
): void {
  const next = new Map(after.map((attribute) => [attribute.name, attribute]));
  for (const attribute of before) {
    const path = parent + attribute.name;
    const now = next.get(attribute.name);
    next.delete(attribute.name);
    if (!now) throw refused(path, 'cannot be removed', used);
    const changed = Object.keys({ ...attribute, ...now }).find((name) => {
      const key = name as keyof AttributeDefinition;
      return !FREE.has(name) && attribute[key] !== now[key];
    });
    if (changed) throw refused(path, `cannot change its "${changed}"`, used);
    checkAdditive(attribute.subAttributes ?? [], now.subAttributes ?? [], used, `${path}.`);
  }
  for (const { name, required, uniqueness = 'none' } of next.values()) {
    if (required) throw refused(parent + name, 'cannot be added as required', used);
    if (uniqueness !== 'none') throw refused(parent + name, 'cannot be added as unique', used);
  }
}

function refused(path: string, what: string, used: string): Error {
  return conflict(
    `The attribute "${path}" ${what}, because ${used}; add attributes, or change descriptions.`,
  );
}
