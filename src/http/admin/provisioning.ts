import type { FastifyInstance } from 'fastify';
import { type ConfigurationContext, configureProvisioning } from '../../operations/configureProvisioning.ts';
import { allowOnly } from '../allowOnly.ts';
import { messageReader } from './message.ts';
import { PROVISIONING_FORM } from './provisioningForm.ts';
import { type BySlug, findTenant } from './tenants.ts';

export interface ProvisioningDeps extends Omit<ConfigurationContext, 'tenants'> {
  readonly tenants: ConfigurationContext['tenants'] & {
    findBySlug(slug: string): ReturnType<ConfigurationContext['tenants']['update']>;
  };
}

const readGiven = messageReader<Parameters<typeof configureProvisioning>[2]>(PROVISIONING_FORM);

/** /tenants/{slug}/provisioning: how the directory of a tenant becomes accounts, organizations and roles. */
export function provisioningRoutes(server: FastifyInstance, deps: ProvisioningDeps): void {
  server.get<BySlug>(
    '/tenants/:slug/provisioning',
    {
      config: {
        operation: 'admin.provisioning.read',
        api: { summary: 'How the directory becomes accounts, organizations and roles', status: 200 },
      },
    },
    async ({ params: { slug } }) => (await findTenant(deps.tenants, slug)).provisioning,
  );
  server.patch<BySlug>(
    '/tenants/:slug/provisioning',
    {
      config: {
        operation: 'admin.provisioning.update',
        api: {
          summary: 'Changes the settings that are given; the others stay',
          status: 200,
          body: readGiven.schema,
        },
      },
    },
    async (request) => {
      const given = readGiven(request.body);
      const { id } = await findTenant(deps.tenants, request.params.slug);
      return configureProvisioning(deps, id, given);
    },
  );
  allowOnly(server, '/tenants/:slug/provisioning', ['GET', 'PATCH']);
}
