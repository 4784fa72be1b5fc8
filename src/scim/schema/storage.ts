/** Which attributes have a place of their own, outside the document. */
import type { Storage } from '../filter/bound.ts';
import type { Attribute } from './attribute.ts';
import type { ResourceType } from './resourceType.ts';

const COMMON: ReadonlyMap<string, Storage> = new Map([
  ['id', 'id'],
  ['externalid', 'externalId'],
  ['schemas', 'schemas'],
]);
const META: ReadonlyMap<string, Storage> = new Map([
  ['created', 'created'],
  ['lastmodified', 'lastModified'],
  ['version', 'version'],
  ['resourcetype', 'resourceType'],
]);

/**
 * Where the values of an attribute are kept.
 * @returns undefined where nothing can be asked of it: `meta.location`, and `meta` as a whole
 */
export function storageOf(
  type: ResourceType,
  attribute: Attribute,
  sub: Attribute | undefined,
): Storage | undefined {
  if (attribute.extension) return 'document';
  if (attribute === type.keyAttribute) return 'key';
  if (attribute.key === 'meta') return sub && META.get(sub.key);
  if (isMembers(attribute)) return 'members';
  if (isGroups(attribute)) return 'groups';
  if (attribute.key === 'active' && attribute.type === 'boolean') return 'active';
  return COMMON.get(attribute.key) ?? 'document';
}

/** `members` of a Group: rows, not part of the document. */
export function isMembers(attribute: Attribute): boolean {
  return attribute.key === 'members' && !attribute.extension && attribute.subAttributes.has('value');
}

/** `groups` of a User: derived from the rows of members (RFC 7643 §4.1.2). */
export function isGroups(attribute: Attribute): boolean {
  return attribute.key === 'groups' && !attribute.extension && attribute.mutability === 'readOnly';
}

/** Whether values are accepted but not kept: what may never be shown, as `password`, is of no use here (A6.02). */
export function isDiscarded(attribute: Attribute): boolean {
  return attribute.mutability === 'writeOnly' || attribute.returned === 'never';
}

/** Whether the resources of a type are groups. */
export function hasMembers(type: ResourceType): boolean {
  const members = type.attributes.get('members');
  return members !== undefined && isMembers(members);
}
