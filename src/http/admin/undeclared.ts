import type { FastifyInstance } from 'fastify';
import type { Definitions, Registry } from '../../scim/schema/registry.ts';
import { buildRegistry } from '../../scim/schema/registry.ts';
import { readyMade, type Seen } from '../../scim/schema/readyMade.ts';
import { definitionsOf, type TenantDefinitions } from '../../scim/schema/tenantDefinitions.ts';
import { createLeniency } from '../../scim/tolerance.ts';
import { allowOnly } from '../allowOnly.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

export interface UndeclaredDeps extends Pick<TenantDeps, 'tenants'> {
  readonly shipped: Definitions;
  readonly definitions: { read(tenantId: string): Promise<TenantDefinitions> };
  readonly undeclared: { list(tenantId: string): Promise<readonly Seen[]> };
}

/** /tenants/{slug}/undeclared: what the tenant's clients send that no schema declares, and schemas that would. */
export function undeclaredRoutes(server: FastifyInstance, deps: UndeclaredDeps): void {
  const { tenants, shipped, definitions, undeclared } = deps;
  server.get<BySlug>(
    '/tenants/:slug/undeclared',
    {
      config: {
        operation: 'admin.undeclared.list',
        api: {
          summary:
            'What clients send that no schema declares, and extension schemas, ready to PUT, that would',
          status: 200,
        },
      },
    },
    async (request) => {
      const { id, slug, mode } = await findTenant(tenants, request.params.slug);
      const own = await definitions.read(id);
      const registry: Registry = buildRegistry(definitionsOf(shipped, own));
      const tenant = { slug, registry, shipped, own, leniency: createLeniency(mode) };
      return readyMade(tenant, await undeclared.list(id));
    },
  );
  allowOnly(server, '/tenants/:slug/undeclared', ['GET']);
}
