import type { FastifyInstance } from 'fastify';
import { invalidValue } from '../../scim/errors.ts';
import { allowOnly } from '../allowOnly.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

export interface ExchangesDeps extends Pick<TenantDeps, 'tenants'> {
  readonly exchanges: {
    /** Newest first. */
    list(tenantId: string, limit: number): Promise<readonly unknown[]>;
  };
}

const MOST = 1000;

/** /tenants/{slug}/exchanges: what the tenant's identity provider asked for, and what it was told. */
export function exchangeRoutes(server: FastifyInstance, { tenants, exchanges }: ExchangesDeps): void {
  server.get<BySlug & { Querystring: { limit?: unknown } }>(
    '/tenants/:slug/exchanges',
    {
      config: {
        operation: 'admin.exchanges.list',
        api: {
          summary: 'What the identity provider asked for and was told, newest first',
          status: 200,
          query: { limit: { type: 'integer', minimum: 1, maximum: MOST, default: 100 } },
        },
      },
    },
    async (request) => {
      const { limit = '100' } = request.query;
      const number = typeof limit === 'string' && /^[0-9]{1,4}$/.test(limit) ? Number(limit) : 0;
      if (number < 1 || number > MOST)
        throw invalidValue(`"limit" must be a whole number from 1 to ${MOST}.`);
      const tenant = await findTenant(tenants, request.params.slug);
      return { exchanges: await exchanges.list(tenant.id, number) };
    },
  );
  allowOnly(server, '/tenants/:slug/exchanges', ['GET']);
}
