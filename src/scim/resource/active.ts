/** `active`: whether the person may come in. */
import type { ResourceType } from '../schema/resourceType.ts';
import { storageOf } from '../schema/storage.ts';
import { type Document, readAttribute, writeAttribute } from './document.ts';

/** Whether a resource counts as active: types without that attribute always are. */
export function isActive(type: ResourceType, document: Document): boolean {
  const active = activeOf(type);
  return !active || readAttribute(document, active) !== false;
}

/**
 * The document with a value for `active`. Where a client leaves it out or removes it, it stays what it was, and is
 * true for a new resource (A6.03): nobody is shut out, or let in again, by an attribute that is not there. The
 * value is written down, so that filters see what clients see (A4.09).
 */
export function withActive(type: ResourceType, document: Document, before?: Document): Document {
  const active = activeOf(type);
  // Where the schema requires it, leaving it out is refused instead (A4.02).
  if (!active || active.required || readAttribute(document, active) !== undefined) return document;
  return writeAttribute(document, active, (before && readAttribute(before, active)) ?? true);
}

function activeOf(type: ResourceType) {
  const attribute = type.attributes.get('active');
  return attribute && storageOf(type, attribute, undefined) === 'active' ? attribute : undefined;
}
