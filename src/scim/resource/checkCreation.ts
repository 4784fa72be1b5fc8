import { invalidValue } from '../errors.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { type Document, isObject, readAttribute } from './document.ts';

/**
 * Holds a new resource to what the tenant requires of one. It is not asked of what is there already, so that a setting
 * can never stand in the way of a later change.
 * @throws ScimError invalidValue naming the attribute that is missing
 */
export function checkCreation(type: ResourceType, document: Document): void {
  for (const attribute of type.requiredOnCreate) {
    const { parent, name } = attribute;
    const value = readAttribute(document, parent ?? attribute);
    const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
    const isThere = elements.some((element) =>
      parent ? isObject(element) && isGiven(element[name]) : isGiven(element),
    );
    if (!isThere)
      throw invalidValue(`The attribute "${attribute.path}" is required to create a ${type.name}; add it.`);
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
