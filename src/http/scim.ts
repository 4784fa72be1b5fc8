/** The resource endpoints (RFC 7644 §3.2): from a request to an operation, and from its result to the answer. */
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../operations/context.ts';
import { create } from '../operations/create.ts';
import { list } from '../operations/list.ts';
import { patch } from '../operations/patch.ts';
import { read } from '../operations/read.ts';
import { remove } from '../operations/remove.ts';
import { replace } from '../operations/replace.ts';
import { listResponse } from '../scim/list/listResponse.ts';
import { readQuery } from '../scim/list/query.ts';
import { namesVersion } from '../scim/precondition.ts';
import { locationOf, project, versionTag } from '../scim/resource/project.ts';
import type { Resource } from '../scim/resource/resource.ts';
import { type Selection, selectAttributes } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import { allowOnly } from './allowOnly.ts';
import { scimBaseUrl } from './baseUrl.ts';
import { discoveryRoutes } from './discovery.ts';
import { type ScimDeps, withContext } from './scimContext.ts';
import { unsupportedRoutes } from './unsupported.ts';

/** The routes below the SCIM base URL, discovery included. */
export function scimRoutes(deps: ScimDeps): FastifyPluginAsync {
  return async (server) => {
    discoveryRoutes(server, deps);
    unsupportedRoutes(server);
    for (const type of deps.registry.resourceTypes) resourceRoutes(server, deps, type);
  };
}

function resourceRoutes(server: FastifyInstance, deps: ScimDeps, type: ResourceType): void {
  const name = (verb: string) => ({ config: { operation: `${verb} ${type.name}` } });
  const item = `${type.endpoint}/:id`;
  const answer = (request: FastifyRequest, reply: FastifyReply, resource: Resource, selection: Selection) =>
    identify(request, reply, resource.id, resource.version).send(
      project(type, resource, selection, scimBaseUrl(request, deps.publicUrl)),
    );
  const identify = (
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    version: number,
  ): FastifyReply => {
    const location = locationOf(type, id, scimBaseUrl(request, deps.publicUrl));
    // RFC 7643 §3.1 says Content-Location where RFC 7644 says Location (A1.11).
    return reply.headers({ ETag: versionTag(version), Location: location, 'Content-Location': location });
  };

  server.get(type.endpoint, name('list'), (request, reply) =>
    answering(request, deps, type, async (context, selection) => {
      const query = readQuery(request.query as Record<string, unknown>);
      const found = await list(context, type, query, selection);
      const baseUrl = scimBaseUrl(request, deps.publicUrl);
      const resources = found.resources.map((resource) => project(type, resource, selection, baseUrl));
      return reply.send(listResponse(resources, found.total, query.startIndex));
    }),
  );
  server.post(type.endpoint, name('create'), (request, reply) =>
    answering(request, deps, type, async (context, selection) => {
      const resource = await create(context, type, request.body, selection);
      reply.code(201);
      return answer(request, reply, resource, selection);
    }),
  );
  server.get<{ Params: { id: string } }>(item, name('read'), (request, reply) =>
    answering(request, deps, type, async (context, selection) => {
      const resource = await read(context, type, request.params.id, selection);
      const known = request.headers['if-none-match'];
      if (known === undefined || !namesVersion(known, resource.version)) {
        return answer(request, reply, resource, selection);
      }
      return identify(request, reply, resource.id, resource.version).code(304).send();
    }),
  );
  server.put<{ Params: { id: string } }>(item, name('replace'), (request, reply) =>
    answering(request, deps, type, async (context, selection) => {
      const ifMatch = request.headers['if-match'];
      const resource = await replace(context, type, request.params.id, request.body, ifMatch, selection);
      return answer(request, reply, resource, selection);
    }),
  );
  server.patch<{ Params: { id: string } }>(item, name('patch'), (request, reply) =>
    answering(request, deps, type, async (context, selection) => {
      const { id } = request.params;
      const version = await patch(context, type, id, request.body, request.headers['if-match']);
      // A group's members are not read to answer a change of some of them. B6.09: asked for by name, they are.
      if (hasMembers(type) && selection.kind === 'default') {
        return identify(request, reply, id, version).code(204).send();
      }
      return answer(request, reply, await read(context, type, id, selection), selection);
    }),
  );
  server.delete<{ Params: { id: string } }>(item, name('delete'), (request, reply) =>
    answering(request, deps, type, async (context) => {
      await remove(context, type, request.params.id, request.headers['if-match']);
      return reply.code(204).send();
    }),
  );
  allowOnly(server, type.endpoint, ['GET', 'POST']);
  allowOnly(server, item, ['GET', 'PUT', 'PATCH', 'DELETE']);
}

/** Runs an operation on one resource type, with what the client wants to see of the result. */
function answering(
  request: FastifyRequest,
  deps: ScimDeps,
  type: ResourceType,
  run: (context: Context, selection: Selection) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  return withContext(request, deps, (context) => {
    const { attributes, excludedAttributes } = readQuery(request.query as Record<string, unknown>);
    return run(context, selectAttributes(type, attributes, excludedAttributes, context.intake.leniency));
  });
}
