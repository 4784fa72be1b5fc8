/** The bulk endpoint (RFC 7644 §3.7). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type BulkOutcome, bulk } from '../operations/bulk.ts';
import { readBulkRequest } from '../scim/bulk/request.ts';
import { ScimError } from '../scim/errors.ts';
import type { Document } from '../scim/resource/document.ts';
import { locationOf, versionTag } from '../scim/resource/project.ts';
import { allowOnly } from './allowOnly.ts';
import { scimBaseUrl } from './baseUrl.ts';
import { message } from './errors.ts';
import { type ScimDeps, withContext } from './scimContext.ts';

const BULK_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

export function bulkRoutes(server: FastifyInstance, deps: ScimDeps): void {
  server.post('/Bulk', { config: { operation: 'bulk' } }, (request) =>
    withContext(request, deps, async (context) => {
      const endpoints = request.scim?.registry.byEndpoint ?? deps.shipped.byEndpoint;
      const given = readBulkRequest(endpoints, request.body, context.intake.leniency);
      const outcomes = await bulk(context, given);
      const baseUrl = scimBaseUrl(request, deps.publicUrl);
      // B8.02: 200, even if every operation failed.
      return {
        schemas: [BULK_RESPONSE],
        Operations: outcomes.map((outcome) => shown(outcome, request, baseUrl)),
      };
    }),
  );
  allowOnly(server, '/Bulk', ['POST']);
}

function shown(
  { item, status, resource, error }: BulkOutcome,
  request: FastifyRequest,
  baseUrl: string,
): Document {
  if (error !== undefined && !(error instanceof ScimError)) request.exchange.error ??= error;
  return {
    ...(item.method === undefined ? {} : { method: item.method }),
    ...(item.bulkId === undefined ? {} : { bulkId: item.bulkId }),
    ...(resource && { location: locationOf(resource.type, resource.id, baseUrl) }),
    ...(resource?.version === undefined ? {} : { version: versionTag(resource.version) }),
    status: String(status),
    ...(error === undefined ? {} : { response: message(refusalOf(error), request.id) }),
  };
}

function refusalOf(error: unknown): ScimError {
  return error instanceof ScimError
    ? error
    : new ScimError(500, undefined, 'The server failed at this operation; its log says why.');
}
