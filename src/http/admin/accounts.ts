import type { FastifyInstance } from 'fastify';
import { notFound } from '../../scim/errors.ts';
import { allowOnly } from '../allowOnly.ts';
import { readApplicationId } from './applicationId.ts';
import { pageOf } from './page.ts';
import { FLAG, ID, LIMIT, oneOf, parameterReader, TEXT } from './parameters.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

const REASONS = ['waiting', 'suspended', 'excluded', 'deprovisioned'] as const;

interface Query {
  readonly userName: string;
  readonly email: string;
  readonly externalId: string;
  readonly applicationId: string;
  readonly active: boolean;
  readonly reason: (typeof REASONS)[number];
  readonly organization: string;
  readonly limit: number;
  readonly after: string;
}

export interface AccountsDeps extends Pick<TenantDeps, 'tenants' | 'now'> {
  readonly accounts: {
    list(
      tenantId: string,
      query: Partial<Query> & { limit: number },
    ): Promise<readonly { readonly id: string }[]>;
    find(tenantId: string, id: string): Promise<unknown>;
    /** @returns whether there is such an account @throws ScimError 409 */
    name(tenantId: string, id: string, applicationId: string | null): Promise<boolean>;
    /** @returns whether there was such an account */
    erase(tenantId: string, id: string, erasure: { at: Date; requestId: string }): Promise<boolean>;
  };
  readonly exchanges: {
    /** Writes what waits to be written of the provisioning log. */
    flush(): Promise<void>;
  };
}

const readQuery = parameterReader<Query>({
  userName: TEXT,
  email: TEXT,
  externalId: TEXT,
  applicationId: TEXT,
  active: FLAG,
  reason: oneOf(REASONS),
  organization: ID,
  limit: LIMIT,
  after: ID,
});

type ById = { Params: BySlug['Params'] & { id: string } };

const noSuchAccount = () => notFound('This tenant has no such account.');

/** /tenants/{slug}/accounts: the people that the application knows by this tenant. */
export function accountRoutes(server: FastifyInstance, deps: AccountsDeps): void {
  const { tenants, accounts, exchanges, now } = deps;
  server.get<BySlug>(
    '/tenants/:slug/accounts',
    {
      config: {
        operation: 'admin.accounts.list',
        api: {
          summary: 'Accounts, oldest first; "next", where there is more, is the "after" of the next page',
          status: 200,
          query: readQuery.schema,
        },
      },
    },
    async (request) => {
      const query = readQuery(request.query);
      const { id } = await findTenant(tenants, request.params.slug);
      const { items, ...next } = await pageOf(
        query.limit,
        (limit) => accounts.list(id, { ...query, limit }),
        (account) => account.id,
      );
      return { accounts: items, ...next };
    },
  );
  allowOnly(server, '/tenants/:slug/accounts', ['GET']);

  server.get<ById>(
    '/tenants/:slug/accounts/:id',
    {
      config: {
        operation: 'admin.accounts.read',
        api: { summary: 'An account with its organizations and roles', status: 200 },
      },
    },
    async (request) => {
      const tenant = await findTenant(tenants, request.params.slug);
      const account = await accounts.find(tenant.id, request.params.id);
      if (account === undefined) throw noSuchAccount();
      return account;
    },
  );
  server.patch<ById>(
    '/tenants/:slug/accounts/:id',
    {
      config: {
        operation: 'admin.accounts.update',
        api: {
          summary: 'Notes what the application itself calls the person',
          status: 200,
          body: readApplicationId.schema,
        },
      },
    },
    async (request) => {
      const { applicationId } = readApplicationId(request.body);
      const tenant = await findTenant(tenants, request.params.slug);
      const named = await accounts.name(tenant.id, request.params.id, applicationId);
      const account = named ? await accounts.find(tenant.id, request.params.id) : undefined;
      if (account === undefined) throw noSuchAccount();
      return account;
    },
  );
  server.delete<ById>(
    '/tenants/:slug/accounts/:id',
    {
      config: {
        operation: 'admin.accounts.erase',
        api: {
          summary: 'Erases a person for good, from the directory, the feed and the log too',
          status: 204,
        },
      },
    },
    async (request, reply) => {
      const tenant = await findTenant(tenants, request.params.slug);
      // What still waits to be written would be written after everything else is gone.
      await exchanges.flush();
      const erased = await accounts.erase(tenant.id, request.params.id, { at: now(), requestId: request.id });
      if (!erased) throw noSuchAccount();
      return reply.code(204).send();
    },
  );
  allowOnly(server, '/tenants/:slug/accounts/:id', ['GET', 'PATCH', 'DELETE']);
}
