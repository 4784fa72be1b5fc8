import type { FastifyInstance } from 'fastify';
import { notFound } from '../../scim/errors.ts';
import { allowOnly } from '../allowOnly.ts';
import { APPLICATION_ID, readApplicationId } from './applicationId.ts';
import { messageReader } from './message.ts';
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

export interface OrganizationsDeps extends Pick<TenantDeps, 'tenants' | 'now' | 'newId'> {
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
    /** @throws ScimError 409 */
    make(
      tenantId: string,
      organization: { id: string; name: string; applicationId: string | null },
      origin: { at: Date; actor: 'admin'; tokenId: null; requestId: string },
    ): Promise<void>;
    /** @returns whether there is such an organization @throws ScimError 409 */
    name(tenantId: string, id: string, applicationId: string | null): Promise<boolean>;
  };
}

const readQuery = parameterReader<Query>({ name: TEXT, archived: FLAG, limit: LIMIT, after: ID });
const readNew = messageReader<{ name: string; applicationId?: string | null }>(
  {
    name: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      pattern: '^[^\\s\\u0000](?:[^\\u0000]*[^\\s\\u0000])?$',
      description: 'a text of 1 to 200 characters, with no space at either end',
    },
    applicationId: APPLICATION_ID,
  },
  ['name'],
);
const readMemberQuery = parameterReader<MemberQuery>({ role: TEXT, limit: LIMIT, after: ID });

type ById = { Params: BySlug['Params'] & { id: string } };

/** /tenants/{slug}/organizations: what the tenant's groups map to, and who belongs to it. */
export function organizationRoutes(
  server: FastifyInstance,
  { tenants, organizations, now, newId }: OrganizationsDeps,
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
  server.post<BySlug>(
    '/tenants/:slug/organizations',
    {
      config: {
        operation: 'admin.organizations.create',
        api: {
          summary: 'Makes an organization that the application has already; a group of its name adopts it',
          status: 201,
          body: readNew.schema,
        },
      },
    },
    async (request, reply) => {
      const { name, applicationId = null } = readNew(request.body);
      const { slug } = request.params;
      const tenant = await findTenant(tenants, slug);
      const id = newId();
      const origin = { at: now(), actor: 'admin', tokenId: null, requestId: request.id } as const;
      await organizations.make(tenant.id, { id, name, applicationId }, origin);
      reply.code(201).header('Location', `/admin/v1/tenants/${slug}/organizations/${id}`);
      return (await findOrganization({ slug, id })).organization;
    },
  );
  allowOnly(server, '/tenants/:slug/organizations', ['GET', 'POST']);

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
