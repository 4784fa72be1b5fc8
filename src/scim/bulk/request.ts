/** The message of a bulk request (RFC 7644 §3.7). */
import { invalidSyntax, invalidValue, type ScimError, tooLarge } from '../errors.ts';
import { isObject } from '../resource/document.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import type { Leniency } from '../tolerance.ts';

const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:bulkrequest';

/** B8.08: what a request may hold; published in ServiceProviderConfig. */
export const MAX_BULK_OPERATIONS = 1_000;

export type BulkMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One operation, readable enough to be carried out. */
export interface BulkOperation {
  readonly method: BulkMethod;
  readonly bulkId: string | undefined;
  /** As If-Match (B8.10). */
  readonly version: string | undefined;
  readonly type: ResourceType;
  /** An id, or `bulkId:…` of a resource that this request creates (B8.06); undefined for POST. */
  readonly id: string | undefined;
  readonly data: unknown;
}

/** An operation as it was given: carried out, or refused by itself. `method` and `bulkId` are echoed. */
export interface BulkItem {
  readonly method: string | undefined;
  readonly bulkId: string | undefined;
  readonly operation: BulkOperation | ScimError;
}

export interface BulkRequest {
  readonly items: readonly BulkItem[];
  /** How many errors end the processing; undefined for no limit (D4-24). */
  readonly failOnErrors: number | undefined;
}

/**
 * Reads the message. What is wrong with one operation is that operation's error; what is wrong with the message is
 * thrown.
 * @param byEndpoint the resource types by endpoint, `/Users`
 * @throws ScimError invalidSyntax, invalidValue, and 413 naming the limit of operations
 */
export function readBulkRequest(
  byEndpoint: ReadonlyMap<string, ResourceType>,
  body: unknown,
  leniency: Leniency,
): BulkRequest {
  if (!isObject(body)) throw invalidSyntax('The body must be a BulkRequest message.');
  const schemas = body['schemas'];
  const named =
    Array.isArray(schemas) &&
    schemas.some((urn) => typeof urn === 'string' && urn.toLowerCase() === BULK_REQUEST);
  if (!named && !(schemas === undefined && leniency.use('schemas-missing'))) {
    throw invalidSyntax('"schemas" must name urn:ietf:params:scim:api:messages:2.0:BulkRequest.');
  }
  const operations = body['Operations'];
  if (!Array.isArray(operations))
    throw invalidSyntax('A bulk request must have "Operations": a list of operations.');
  if (operations.length > MAX_BULK_OPERATIONS) {
    throw tooLarge(`A bulk request may have ${MAX_BULK_OPERATIONS} operations at most (maxOperations).`);
  }
  const seen = new Set<string>();
  return {
    items: operations.map((operation: unknown) => readItem(byEndpoint, operation, seen)),
    failOnErrors: failOnErrors(body['failOnErrors']),
  };
}

function failOnErrors(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || Number(value) < 1)
    throw invalidValue('"failOnErrors" must be a whole number from 1.');
  return Number(value);
}

function readItem(
  byEndpoint: ReadonlyMap<string, ResourceType>,
  given: unknown,
  seen: Set<string>,
): BulkItem {
  const object = isObject(given) ? given : {};
  const method = typeof object['method'] === 'string' ? object['method'].toUpperCase() : undefined;
  const bulkId = typeof object['bulkId'] === 'string' ? object['bulkId'] : undefined;
  const refused = (operation: ScimError): BulkItem => ({ method, bulkId, operation });

  if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH' && method !== 'DELETE') {
    return refused(invalidSyntax('The "method" of a bulk operation must be POST, PUT, PATCH or DELETE.'));
  }
  if (method === 'POST' && !bulkId)
    return refused(invalidSyntax('A POST in a bulk request must have a "bulkId".'));
  if (bulkId && method === 'POST') {
    if (seen.has(bulkId))
      return refused(invalidValue(`The bulkId ${JSON.stringify(bulkId)} is given twice.`));
    seen.add(bulkId);
  }
  const target = targetOf(byEndpoint, object['path']);
  if (!target || (target.id === undefined) !== (method === 'POST')) {
    return refused(
      invalidValue(
        `The "path" of a bulk ${method} must be like ${method === 'POST' ? '/Users' : '/Users/{id}'}.`,
      ),
    );
  }
  const { data } = object;
  if (method !== 'DELETE' && !isObject(data))
    return refused(invalidSyntax(`A bulk ${method} must have "data".`));
  const version = typeof object['version'] === 'string' ? object['version'] : undefined;
  return { method, bulkId, operation: { method, bulkId, version, ...target, data } };
}

function targetOf(
  byEndpoint: ReadonlyMap<string, ResourceType>,
  path: unknown,
): { type: ResourceType; id: string | undefined } | undefined {
  if (typeof path !== 'string') return undefined;
  const [, endpoint, id, ...more] = (path.startsWith('/') ? path : `/${path}`).split('/');
  const type = byEndpoint.get(`/${endpoint}`);
  return type && more.length === 0 ? { type, id: id || undefined } : undefined;
}
