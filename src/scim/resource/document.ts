/**
 * The canonical document of a resource: attribute names as the schema spells them, extensions in containers
 * named by their URN, nothing unassigned (A5.05), and without `id`, `schemas`, `meta`, `members` and `groups`,
 * which are kept or derived elsewhere. Documents are never changed in place.
 */
import type { Attribute } from '../schema/attribute.ts';

export type Document = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a top-level or extension attribute; undefined when it is unassigned. */
export function readAttribute(document: Document, attribute: Attribute): unknown {
  const container = attribute.extension ? document[attribute.extension] : document;
  return isObject(container) ? container[attribute.name] : undefined;
}

/** The document with the attribute set, or unassigned where the value is undefined; an empty container goes. */
export function writeAttribute(document: Document, attribute: Attribute, value: unknown): Document {
  if (!attribute.extension) return withKey(document, attribute.name, value);
  const container = document[attribute.extension];
  const changed = withKey(isObject(container) ? container : {}, attribute.name, value);
  return withKey(document, attribute.extension, isEmpty(changed) ? undefined : changed);
}

/** The object with a key set, or without it where the value is undefined. */
export function withKey(object: Document, key: string, value: unknown): Document {
  if (value !== undefined) return { ...object, [key]: value };
  const { [key]: _gone, ...rest } = object;
  return rest;
}

export function isEmpty(object: Document): boolean {
  return Object.keys(object).length === 0;
}

/** Whether two JSON values are the same; the order of object members has no meaning (A1.15). */
export function equal(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((value, index) => equal(value, right[index]))
    );
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]))
  );
}
