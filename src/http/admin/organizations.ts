import type { FastifyInstance } from 'fastify';
import { notFound } from '../../scim/errors.ts';
import { allowOnly } from '../allowOnly.ts';
import { readApplicationId } from './applicationId.ts';
import { pageOf } from './page.ts';
import { FLAG, ID, LIMIT, parameterReader, TEXT } from './parameters.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

interface Query {
  readonly name: string;
  readonly archived: boolean;
  readonly limit: number;
  readonly after: string;
}

interface MemberQuery {
  readonly role: string;
  readonly limit: number;
  readonly after: string;
}

export interface OrganizationsDeps extends Pick<TenantDeps, 'tenants'> {
  readonly organizations: {
    list(
      tenantId: string,
      query: Partial<Query> & { limit: number },
    ): Promise<readonly { readonly id: string }[]>;
    find(tenantId: string, id: string): Promise<{ readonly id: string } | undefined>;
    members(
      tenantId: string,
      id: string,
      query: Partial<MemberQuery> & { limit: number },
    ): Promise<readonly { readonly accountId: string }[]>;
    /** @returns whether there is such an organization @throws ScimError 409 */
    name(tenantId: string, id: string, applicationId: string | null): Promise<boolean>;
  };
}

const readQuery = parameterReader<Query>({ name: TEXT, archived: FLAG, limit: LIMIT, after: ID });
const readMemberQuery = parameterReader<MemberQuery>({ role: TEXT, limit: LIMIT, after: ID });

type ById = { Params: BySlug['Params'] & { id: string } };

/** /tenants/{slug}/organizations: what the tenant's groups map to, and who belongs to it. */
export function organizationRoutes(
  server: FastifyInstance,
  { tenants, organizations }: OrganizationsDeps,
): void {
  const findOrganization = async ({ slug, id }: ById['Params']) => {
    const tenant = await findTenant(tenants, slug);
    const organization = await organizations.find(tenant.id, id);
    if (organization === undefined) throw notFound('This tenant has no such organization.');
    return { tenantId: tenant.id, organization };
  };
  server.get<BySlug>(
    '/tenants/:slug/organizations',
    {
      config: {
        operation: 'admin.organizations.list',
        api: {
          summary:
            'Organizations, oldest first; "next", where there is more, is the "after" of the next page',
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
        (limit) => organizations.list(id, { ...query, limit }),
        (organization) => organization.id,
      );
      return { organizations: items, ...next };
    },
  );
  allowOnly(server, '/tenants/:slug/organizations', ['GET']);

  server.get<ById>(
    '/tenants/:slug/organizations/:id',
    {
      config: { operation: 'admin.organizations.read', api: { summary: 'An organization', status: 200 } },
    },
    async (request) => (await findOrganization(request.params)).organization,
  );
  server.patch<ById>(
    '/tenants/:slug/organizations/:id',
    {
      config: {
        operation: 'admin.organizations.update',
        api: {
          summary: 'Notes what the application itself calls the organization',
          status: 200,
          body: readApplicationId.schema,
        },
      },
    },
    async (request) => {
      const { applicationId } = readApplicationId(request.body);
      const { tenantId, organization } = await findOrganization(request.params);
      await organizations.name(tenantId, organization.id, applicationId);
      return (await findOrganization(request.params)).organization;
    },
  );
  allowOnly(server, '/tenants/:slug/organizations/:id', ['GET', 'PATCH']);

  server.get<ById>(
    '/tenants/:slug/organizations/:id/members',
    {
      config: {
        operation: 'admin.organizations.members',
        api: {
          summary: 'Who belongs to an organization, with which role and through which groups',
          status: 200,
          query: readMemberQuery.schema,
        },
      },
    },
    async (request) => {
      const query = readMemberQuery(request.query);
      const { tenantId, organization } = await findOrganization(request.params);
      const { items, ...next } = await pageOf(
        query.limit,
        (limit) => organizations.members(tenantId, organization.id, { ...query, limit }),
        (member) => member.accountId,
      );
      return { members: items, ...next };
    },
  );
  allowOnly(server, '/tenants/:slug/organizations/:id/members', ['GET']);
}
