/** The discovery endpoints (RFC 7644 §4). */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { variantOf } from '../scim/discovery/variant.ts';
import { resourceTypeResources, schemaResources, serviceProviderConfig } from '../scim/discovery.ts';
import { forbidden, notFound } from '../scim/errors.ts';
import { listResponse } from '../scim/list/listResponse.ts';
import type { Document } from '../scim/resource/document.ts';
import type { Registry } from '../scim/schema/registry.ts';
import { allowOnly } from './allowOnly.ts';
import { scimBaseUrl } from './baseUrl.ts';

export interface DiscoveryDeps {
  /** What every tenant has. */
  readonly shipped: Registry;
  readonly publicUrl: string | undefined;
  /** Of a request, in bytes. */
  readonly maxPayloadSize: number;
}

export function discoveryRoutes(
  server: FastifyInstance,
  { shipped, publicUrl, maxPayloadSize }: DiscoveryDeps,
): void {
  const baseUrl = (request: FastifyRequest): string => scimBaseUrl(request, publicUrl);
  const schemas = (request: FastifyRequest): Document[] =>
    schemaResources(request.scim?.registry ?? shipped, baseUrl(request), variantOf(request.caller?.tenant));
  const resourceTypes = (request: FastifyRequest): Document[] =>
    resourceTypeResources(request.scim?.registry ?? shipped, baseUrl(request));

  one(server, '/ServiceProviderConfig', (request) =>
    serviceProviderConfig(baseUrl(request), maxPayloadSize, variantOf(request.caller?.tenant)),
  );
  several(server, '/Schemas', schemas);
  several(server, '/ResourceTypes', resourceTypes);
}

function several(server: FastifyInstance, url: string, make: (request: FastifyRequest) => Document[]): void {
  one(server, url, (request) => {
    const resources = make(request);
    return listResponse(resources, resources.length, { startIndex: 1 });
  });
  one(server, `${url}/:id`, (request) => {
    const { id } = request.params as { id: string };
    // URNs compare without regard to case (A2.05).
    const found = make(request).find((resource) => String(resource['id']).toLowerCase() === id.toLowerCase());
    if (!found)
      throw notFound(`There is nothing at ${url}/${id.slice(0, 120)}; GET ${url} lists what there is.`);
    return found;
  });
}

function one(server: FastifyInstance, url: string, make: (request: FastifyRequest) => Document): void {
  server.get(url, { config: { operation: `discover ${url.split('/')[1]}` } }, (request, reply) => {
    // RFC 7644 §4: the other query parameters mean nothing here, a filter is refused.
    if ((request.query as Record<string, unknown>)['filter'] !== undefined) {
      throw forbidden('What the server supports cannot be filtered; leave the filter out.');
    }
    return tagged(request, reply, make(request));
  });
  allowOnly(server, url, ['GET']);
}

// B10.05
function tagged(request: FastifyRequest, reply: FastifyReply, answer: Document): FastifyReply {
  const tag = `W/"${createHash('sha256').update(JSON.stringify(answer)).digest('base64url').slice(0, 16)}"`;
  reply.header('ETag', tag);
  return request.headers['if-none-match'] === tag ? reply.code(304).send() : reply.send(answer);
}
