import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DeclarationContext } from '../../operations/declarationContext.ts';
import { declareResourceType } from '../../operations/declareResourceType.ts';
import { declareSchema } from '../../operations/declareSchema.ts';
import { withdrawResourceType } from '../../operations/withdrawResourceType.ts';
import { withdrawSchema } from '../../operations/withdrawSchema.ts';
import { notFound } from '../../scim/errors.ts';
import { RESOURCE_TYPE_FORM } from '../../scim/schema/defineResourceType.ts';
import { META_SCHEMA } from '../../scim/schema/metaSchema.ts';
import { definitionsOf } from '../../scim/schema/tenantDefinitions.ts';
import { allowOnly } from '../allowOnly.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

export interface SchemasDeps
  extends Pick<TenantDeps, 'tenants' | 'now'>,
    Pick<DeclarationContext, 'shipped' | 'definitions'> {}

type BySchema = { Params: { slug: string; id: string } };
type ByName = { Params: { slug: string; name: string } };

/** /tenants/{slug}/schemas and /resource-types: what a tenant has beyond what every tenant has. */
export function schemaRoutes(server: FastifyInstance, deps: SchemasDeps): void {
  const { tenants, shipped, definitions, now } = deps;
  const contextOf = async (slug: string): Promise<DeclarationContext> => ({
    shipped,
    definitions,
    tenantId: (await findTenant(tenants, slug)).id,
    now: now(),
  });
  const ownOf = async (slug: string) => definitions.read((await findTenant(tenants, slug)).id);
  schemas(server, contextOf, ownOf);
  resourceTypes(server, shipped, contextOf, ownOf);
}

type ContextOf = (slug: string) => Promise<DeclarationContext>;
type OwnOf = (slug: string) => ReturnType<DeclarationContext['definitions']['read']>;

function schemas(server: FastifyInstance, contextOf: ContextOf, ownOf: OwnOf): void {
  server.get<BySlug>(
    '/tenants/:slug/schemas',
    describe('admin.schemas.list', 'The schemas that the tenant has added', 200),
    async (request) => ({ schemas: (await ownOf(request.params.slug)).schemas }),
  );
  allowOnly(server, '/tenants/:slug/schemas', ['GET']);

  server.get<BySchema>(
    '/tenants/:slug/schemas/:id',
    describe('admin.schemas.read', 'A schema that the tenant has added', 200),
    async ({ params: { slug, id } }) => {
      const own = await ownOf(slug);
      const found = own.schemas.find((schema) => schema.id.toLowerCase() === id.toLowerCase());
      if (!found) throw notFound('This tenant has added no such schema.');
      return found;
    },
  );
  server.put<BySchema>(
    '/tenants/:slug/schemas/:id',
    describe(
      'admin.schemas.put',
      'Adds a schema, or replaces it: by one with more attributes while resources have values of it',
      200,
      META_SCHEMA,
    ),
    async (request, reply) => {
      const { slug, id } = request.params;
      const { declared, created } = await declareSchema(await contextOf(slug), id, request.body);
      return answer(request, reply, created, declared);
    },
  );
  server.delete<BySchema>(
    '/tenants/:slug/schemas/:id',
    describe('admin.schemas.delete', 'Removes a schema that no resource has values of', 204),
    async (request, reply) => {
      await withdrawSchema(await contextOf(request.params.slug), request.params.id);
      return reply.code(204).send();
    },
  );
  allowOnly(server, '/tenants/:slug/schemas/:id', ['GET', 'PUT', 'DELETE']);
}

function resourceTypes(
  server: FastifyInstance,
  shipped: DeclarationContext['shipped'],
  contextOf: ContextOf,
  ownOf: OwnOf,
): void {
  server.get<BySlug>(
    '/tenants/:slug/resource-types',
    describe(
      'admin.resourceTypes.list',
      'The resource types of the tenant, and which can be switched on',
      200,
    ),
    async (request) => {
      const { resourceTypes: all } = definitionsOf(shipped, await ownOf(request.params.slug));
      const off = (shipped.optional?.resourceTypes ?? []).filter(
        ({ name }) => !all.some((type) => type.name === name),
      );
      return { resourceTypes: all, available: off };
    },
  );
  allowOnly(server, '/tenants/:slug/resource-types', ['GET']);

  server.get<ByName>(
    '/tenants/:slug/resource-types/:name',
    describe('admin.resourceTypes.read', 'A resource type of the tenant', 200),
    async ({ params: { slug, name } }) => {
      const { resourceTypes: all } = definitionsOf(shipped, await ownOf(slug));
      const found = all.find((type) => type.name === name);
      if (!found) throw notFound('This tenant has no such resource type.');
      return found;
    },
  );
  server.put<ByName>(
    '/tenants/:slug/resource-types/:name',
    describe(
      'admin.resourceTypes.put',
      'Adds a resource type over a schema of the tenant; without a body, switches on Device or EndpointApp',
      200,
      RESOURCE_TYPE_FORM,
    ),
    async (request, reply) => {
      const { slug, name } = request.params;
      const { declared, created } = await declareResourceType(await contextOf(slug), name, request.body);
      return answer(request, reply, created, declared);
    },
  );
  server.delete<ByName>(
    '/tenants/:slug/resource-types/:name',
    describe(
      'admin.resourceTypes.delete',
      'Removes a resource type that has no resources, or switches it off',
      204,
    ),
    async (request, reply) => {
      await withdrawResourceType(await contextOf(request.params.slug), request.params.name);
      return reply.code(204).send();
    },
  );
  allowOnly(server, '/tenants/:slug/resource-types/:name', ['GET', 'PUT', 'DELETE']);
}

function describe(
  operation: string,
  summary: string,
  status: number,
  body?: Readonly<Record<string, unknown>>,
) {
  return { config: { operation, api: { summary, status, ...(body && { body }) } } };
}

function answer<T>(request: FastifyRequest, reply: FastifyReply, created: boolean, declared: T): T {
  if (created) reply.code(201).header('Location', request.url);
  return declared;
}
