/** The text of answers, put together from what the database gives. */

export const BASE = `${process.argv[3] ?? ''}/scim/v2`;
const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** A row of a resource: JSON as text, times as they are written. */
export interface Row {
  readonly id: string;
  readonly attributes: string;
  readonly version: number;
  readonly created: string;
  readonly modified: string;
  /** Groups of a user, or members of a group: elements as text. */
  readonly related: string | null;
}

export function userText({ id, attributes, version, created, modified, related }: Row): string {
  const schemas = attributes.includes(`"${ENTERPRISE}"`) ? `"${CORE}","${ENTERPRISE}"` : `"${CORE}"`;
  const groups = related === null ? '' : `,"groups":[${related}]`;
  return `{"schemas":[${schemas}],"id":"${id}",${attributes.slice(1, -1)}${groups},"meta":{"resourceType":"User","created":"${created}","lastModified":"${modified}","location":"${BASE}/Users/${id}","version":"W/\\"${version}\\""}}`;
}

export function groupText({ id, attributes, version, created, modified, related }: Row): string {
  const members = related === null ? '' : `,"members":[${related}]`;
  return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"${id}",${attributes.slice(1, -1)}${members},"meta":{"resourceType":"Group","created":"${created}","lastModified":"${modified}","location":"${BASE}/Groups/${id}","version":"W/\\"${version}\\""}}`;
}

/** @param position `"startIndex":1,` or cursors */
export function listText(texts: readonly string[], total: number | string, position: string): string {
  return `{"schemas":["${LIST}"],"totalResults":${total},${position}"itemsPerPage":${texts.length},"Resources":[${texts.join(',')}]}`;
}
