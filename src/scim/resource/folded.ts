/** The searchable twin of a document. */
import { comparable } from '../filter/comparable.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { Extension, ResourceType } from '../schema/resourceType.ts';
import { storageOf } from '../schema/storage.ts';
import { type Document, isObject } from './document.ts';

/**
 * The document with names in lower case and values in the form in which they are compared, so that `eq` on any
 * attribute, and on several of one element, is one JSON containment. What has a column of its own is left out: nobody
 * looks for it here, and a change of it alone then leaves the index alone.
 */
export function foldDocument(type: ResourceType, document: Document): Document {
  const folded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(document)) {
    const key = name.toLowerCase();
    const extension: Extension | undefined = type.extensions.get(key);
    const attribute = type.attributes.get(key);
    if (attribute && hasColumn(type, attribute)) continue;
    if (extension && isObject(value)) folded[key] = foldMembers(extension.attributes, value);
    else folded[key] = foldValue(attribute, value);
  }
  return folded;
}

function foldMembers(attributes: ReadonlyMap<string, Attribute>, object: Document): Document {
  const folded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const key = name.toLowerCase();
    folded[key] = foldValue(attributes.get(key), value);
  }
  return folded;
}

function foldValue(attribute: Attribute | undefined, value: unknown): unknown {
  if (!attribute) return undefined;
  if (Array.isArray(value)) return value.map((element) => foldValue(attribute, element));
  return isObject(value) ? foldMembers(attribute.subAttributes, value) : comparable(attribute, value);
}

/** Whether every filter on it reads a column. */
function hasColumn(type: ResourceType, attribute: Attribute): boolean {
  const storage = storageOf(type, attribute, undefined);
  return storage === 'active' || storage === 'externalId';
}
