import type { FastifyInstance } from 'fastify';
import { allowOnly } from '../allowOnly.ts';
import { DEFAULT_LIMIT } from './page.ts';
import { ID, LIMIT, parameterReader, POSITION, TEXT } from './parameters.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

interface Query {
  readonly after: string;
  readonly limit: number;
  readonly kind: string;
  readonly account: string;
  readonly organization: string;
}

export interface ChangesDeps extends Pick<TenantDeps, 'tenants'> {
  readonly changes: {
    read(
      tenantId: string,
      query: Partial<Query> & Pick<Query, 'after' | 'limit'>,
    ): Promise<{ readonly changes: readonly unknown[]; readonly next: string }>;
  };
}

const readQuery = parameterReader<Query>({
  after: POSITION,
  limit: LIMIT,
  kind: TEXT,
  account: ID,
  organization: ID,
});

/** /tenants/{slug}/changes: the feed. */
export function changeRoutes(server: FastifyInstance, { tenants, changes }: ChangesDeps): void {
  server.get<BySlug>(
    '/tenants/:slug/changes',
    {
      config: {
        operation: 'admin.changes.list',
        api: {
          summary:
            'The feed in commit order, beyond the position "after"; go on with "next" until it is what was asked with',
          status: 200,
          query: readQuery.schema,
        },
      },
    },
    async (request) => {
      const query = { after: '0', limit: DEFAULT_LIMIT, ...readQuery(request.query) };
      const { id } = await findTenant(tenants, request.params.slug);
      return changes.read(id, query);
    },
  );
  allowOnly(server, '/tenants/:slug/changes', ['GET']);
}
