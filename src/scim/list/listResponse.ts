/** The envelope of query results (RFC 7644 §3.4.2). */
import type { Document } from '../resource/document.ts';

const LIST_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/**
 * @param startIndex as the client asked for it, brought to at least 1
 * @param total of all matches; `itemsPerPage` is what this page really holds (B4.01)
 */
export function listResponse(resources: readonly Document[], total: number, startIndex: number): Document {
  return {
    schemas: [LIST_RESPONSE],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
