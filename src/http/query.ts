/** Queries (RFC 7644 §3.4.2, §3.4.3): of a resource type or of all, by GET or by POST of a SearchRequest. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Listing, list } from '../operations/list.ts';
import type { Context, ReadingContext } from '../operations/context.ts';
import { SEARCH_LIMITS } from '../scim/filter/scan.ts';
import { listResponse } from '../scim/list/listResponse.ts';
import { type Query, readQuery, readSearchRequest } from '../scim/list/query.ts';
import type { Document } from '../scim/resource/document.ts';
import { hasManyMembers } from '../scim/resource/manyMembers.ts';
import { project } from '../scim/resource/project.ts';
import { allowOnly } from './allowOnly.ts';
import { scimBaseUrl } from './baseUrl.ts';
import { type ScimDeps, withContext } from './scimContext.ts';
import { sendLarge } from './sendLarge.ts';

export function queryRoutes(server: FastifyInstance, deps: ScimDeps): void {
  const byUrl = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    withContext(request, deps, (context) => {
      const query = readQuery(request.query as Record<string, unknown>);
      return answer(request, reply, deps, context, query, {});
    });
  const byBody = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    withContext(request, deps, (context) => {
      const query = readSearchRequest(request.body, context.intake.leniency);
      return answer(request, reply, deps, context, query, { limits: SEARCH_LIMITS });
    });

  server.get('/', { config: { operation: 'list everything' } }, byUrl);
  server.get('/:endpoint', { config: { verb: 'list' } }, byUrl);
  server.post('/.search', { config: { operation: 'search everything' } }, byBody);
  server.post('/:endpoint/.search', { config: { verb: 'search' } }, byBody);
  allowOnly(server, '/', ['GET']);
  allowOnly(server, '/:endpoint', ['GET', 'POST']);
  allowOnly(server, '/.search', ['POST']);
  allowOnly(server, '/:endpoint/.search', ['POST']);
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ScimDeps,
  context: Context,
  query: Query,
  limits: Pick<Listing, 'limits'>,
): Promise<FastifyReply> {
  const type = request.scim?.type;
  const types = type ? [type] : (request.scim?.registry.resourceTypes ?? []);
  const listing: Listing = { endpoint: type?.endpoint ?? '/', types, ...limits };
  const baseUrl = scimBaseUrl(request, deps.publicUrl);
  const page = async (reading: ReadingContext): Promise<{ document: Document; large: boolean }> => {
    const { total, items, position } = await list(reading, listing, query);
    const resources = items.map((item) => project(item.type, item.resource, item.selection, baseUrl));
    return { document: listResponse(resources, total, position), large: resources.some(hasManyMembers) };
  };
  const { document, large } = await page(context);
  if (!large) return reply.send(document);
  return sendLarge(request, reply, deps, context, async (reading) => (await page(reading)).document);
}
