/** Names that a tenant may give to an attribute. */

/** RFC 7643 §2.1 ATTRNAME, without the `$` that only `$ref` has. */
export const ATTRIBUTE_NAME = '^[A-Za-z][A-Za-z0-9_-]{0,99}$';

/** Members of every JavaScript object, in lower case: as keys of one they would not be what was sent. */
const INHERITED: ReadonlySet<string> = new Set(
  [...Object.getOwnPropertyNames(Object.prototype), 'prototype'].map((name) => name.toLowerCase()),
);

/** Attributes that every resource has, or whose meaning is known to the server, in lower case. */
const SPECIAL: ReadonlySet<string> = new Set(
  'schemas id externalid meta active username password members groups'.split(' '),
);

/** Whether JavaScript objects have a member of that name by birth. */
export function isInherited(name: string): boolean {
  return INHERITED.has(name.toLowerCase());
}

/** Whether the name of a top-level or extension attribute has a meaning of its own. */
export function isSpecial(name: string): boolean {
  return SPECIAL.has(name.toLowerCase());
}
