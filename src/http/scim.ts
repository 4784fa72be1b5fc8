/** The resource endpoints (RFC 7644 §3.2): from a request to an operation, and from its result to the answer. */
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../operations/context.ts';
import { create } from '../operations/create.ts';
import { patch } from '../operations/patch.ts';
import { read } from '../operations/read.ts';
import { remove } from '../operations/remove.ts';
import { replace } from '../operations/replace.ts';
import { invalidFilter } from '../scim/errors.ts';
import { readQuery } from '../scim/list/query.ts';
import { namesVersion } from '../scim/precondition.ts';
import { hasManyMembers } from '../scim/resource/manyMembers.ts';
import { locationOf, project, versionTag } from '../scim/resource/project.ts';
import type { Resource } from '../scim/resource/resource.ts';
import { type Selection, selectAttributes } from '../scim/resource/selection.ts';
import type { Registry } from '../scim/schema/registry.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import { allowOnly } from './allowOnly.ts';
import { scimBaseUrl } from './baseUrl.ts';
import { bulkRoutes } from './bulk.ts';
import { discoveryRoutes } from './discovery.ts';
import { noSuchAddress } from './errors.ts';
import { queryRoutes } from './query.ts';
import { type ScimDeps, withContext } from './scimContext.ts';
import { sendLarge } from './sendLarge.ts';
import { unsupportedRoutes } from './unsupported.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the caller's tenant has; set below the SCIM base URL, once it is known who asks. */
    scim: { readonly registry: Registry; readonly type: ResourceType | undefined } | undefined;
  }
  interface FastifyContextConfig {
    /** What is done to resources of the type in the address; names the operation. */
    verb?: string;
  }
}

type Item = { Params: { id: string } };

/** The routes below the SCIM base URL, discovery included. */
export function scimRoutes(deps: ScimDeps): FastifyPluginAsync {
  return async (server) => {
    server.decorateRequest('scim', undefined);
    server.addHook('onRequest', (request, _reply, done) => {
      const go = (): void => done();
      const refuse = (error: Error): void => done(error);
      try {
        const found = findType(request, deps);
        if (found) found.then(go, refuse);
        else go();
      } catch (error) {
        refuse(error as Error);
      }
    });
    discoveryRoutes(server, deps);
    unsupportedRoutes(server);
    bulkRoutes(server, deps);
    queryRoutes(server, deps);
    collectionRoutes(server, deps);
    itemRoutes(server, deps);
  };
}

/** Finds the resource type in the address, before anything else of the request is judged. */
function findType(request: FastifyRequest, { registryOf, shipped }: ScimDeps): void | Promise<void> {
  const registry = request.caller ? registryOf(request.caller) : shipped;
  if (registry instanceof Promise) return registry.then((known) => findTypeIn(request, known, shipped));
  return findTypeIn(request, registry, shipped);
}

function findTypeIn(request: FastifyRequest, registry: Registry, shipped: Registry): void {
  const { endpoint } = request.params as { endpoint?: string };
  const type = endpoint === undefined ? undefined : registry.byEndpoint.get(`/${endpoint}`);
  if (endpoint !== undefined && !type) throw noSuchAddress(request);
  request.scim = { registry, type };
  const { verb } = request.routeOptions.config;
  // Tenants' own types share a name, so that metrics stay bounded.
  if (verb && type) {
    request.exchange.operation = `${verb} ${shipped.byName.has(type.name) ? type.name : 'custom resource'}`;
  }
}

function collectionRoutes(server: FastifyInstance, deps: ScimDeps): void {
  server.post('/:endpoint', { config: { verb: 'create' } }, (request, reply) =>
    answering(request, deps, async (context, type, selection) => {
      const resource = await create(context, type, request.body, selection);
      return show(request, reply.code(201), deps, context, type, resource, selection);
    }),
  );
}

function itemRoutes(server: FastifyInstance, deps: ScimDeps): void {
  server.get<Item>('/:endpoint/:id', { config: { verb: 'read' } }, (request, reply) =>
    answering(request, deps, async (context, type, selection) => {
      refuseFilter(request, context);
      const resource = await read(context, type, request.params.id, selection);
      const known = request.headers['if-none-match'];
      if (known === undefined || !namesVersion(known, resource.version)) {
        return show(request, reply, deps, context, type, resource, selection);
      }
      return identify(request, reply, deps, type, resource).code(304).send();
    }),
  );
  server.put<Item>('/:endpoint/:id', { config: { verb: 'replace' } }, (request, reply) =>
    answering(request, deps, async (context, type, selection) => {
      const ifMatch = request.headers['if-match'];
      const resource = await replace(context, type, request.params.id, request.body, ifMatch, selection);
      return show(request, reply, deps, context, type, resource, selection);
    }),
  );
  server.patch<Item>('/:endpoint/:id', { config: { verb: 'patch' } }, (request, reply) =>
    answering(request, deps, async (context, type, selection) => {
      const { id } = request.params;
      const ifMatch = request.headers['if-match'];
      const changed = await patch(context, type, id, request.body, ifMatch, selection);
      if (!hasMembers(type)) return show(request, reply, deps, context, type, changed, selection);
      // A group's members are not read to answer a change of some of them. B6.09: asked for by name, they are.
      if (selection.kind === 'default') {
        return identify(request, reply, deps, type, changed).code(204).send();
      }
      return show(request, reply, deps, context, type, await read(context, type, id, selection), selection);
    }),
  );
  server.delete<Item>('/:endpoint/:id', { config: { verb: 'delete' } }, (request, reply) =>
    answering(request, deps, async (context, type) => {
      await remove(context, type, request.params.id, request.headers['if-match']);
      return reply.code(204).send();
    }),
  );
  allowOnly(server, '/:endpoint/:id', ['GET', 'PUT', 'PATCH', 'DELETE']);
}

/** B3.03, D4-34: what a filter on one resource should give is not defined; where leniency ends, it is refused. */
function refuseFilter(request: FastifyRequest, { intake }: Context): void {
  const { filter } = readQuery(request.query as Record<string, unknown>);
  if (filter === undefined || !intake.leniency.rules.refusesItemFilter) return;
  throw invalidFilter('A single resource cannot be filtered; leave the filter out, or filter the list.');
}

/** A large group is read once more, so that what is said of it and its members are of one moment. */
async function show(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ScimDeps,
  context: Context,
  type: ResourceType,
  resource: Resource,
  selection: Selection,
): Promise<FastifyReply> {
  const baseUrl = scimBaseUrl(request, deps.publicUrl);
  const document = project(type, resource, selection, baseUrl);
  if (!hasManyMembers(document)) return identify(request, reply, deps, type, resource).send(document);
  return sendLarge(request, reply, deps, context, async (reading) => {
    const now = await read(reading, type, resource.id, selection);
    identify(request, reply, deps, type, now);
    return project(type, now, selection, baseUrl);
  });
}

function identify(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ScimDeps,
  type: ResourceType,
  { id, version }: Pick<Resource, 'id' | 'version'>,
): FastifyReply {
  const location = locationOf(type, id, scimBaseUrl(request, deps.publicUrl));
  // RFC 7643 §3.1 says Content-Location where RFC 7644 says Location (A1.11).
  return reply.headers({ ETag: versionTag(version), Location: location, 'Content-Location': location });
}

/** Runs an operation on the resource type of the address, with what the client wants to see of the result. */
function answering(
  request: FastifyRequest,
  deps: ScimDeps,
  run: (context: Context, type: ResourceType, selection: Selection) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  return withContext(request, deps, (context) => {
    const type = request.scim?.type;
    if (!type) throw noSuchAddress(request);
    const { attributes, excludedAttributes } = readQuery(request.query as Record<string, unknown>);
    return run(
      context,
      type,
      selectAttributes(type, attributes, excludedAttributes, context.intake.leniency),
    );
  });
}
