/** The envelope of query results (RFC 7644 §3.4.2, RFC 9865 §2). */
import type { Document } from '../resource/document.ts';

const LIST_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** Where the client is: by index, or by cursors to the pages beside this one. */
export type Position =
  | { readonly startIndex: number }
  | { readonly nextCursor: string | undefined; readonly previousCursor: string | undefined };

/** @param total of all matches; `itemsPerPage` is what this page really holds (B4.01) */
export function listResponse(resources: readonly Document[], total: number, position: Position): Document {
  const cursors =
    'startIndex' in position
      ? { startIndex: position.startIndex }
      : Object.fromEntries(Object.entries(position).filter(([, cursor]) => cursor !== undefined));
  return {
    schemas: [LIST_RESPONSE],
    totalResults: total,
    ...cursors,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
