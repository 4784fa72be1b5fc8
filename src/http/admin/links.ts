import type { FastifyInstance } from 'fastify';
import { link, unlink, unlinkAll } from '../../operations/link.ts';
import { notFound } from '../../scim/errors.ts';
import { allowOnly } from '../allowOnly.ts';
import { isEmptyBody, messageReader } from './message.ts';
import { pageOf } from './page.ts';
import { ID, LIMIT, parameterReader } from './parameters.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

type TenantContext = Parameters<typeof link>[0];

export interface LinksDeps extends Pick<TenantDeps, 'tenants'> {
  /** What an admin's request works with, for a tenant. */
  readonly contextOf: (tenantId: string, requestId: string) => Promise<TenantContext>;
  readonly links: {
    list(
      tenantId: string,
      query: { limit: number; after?: string; group?: string },
    ): Promise<readonly { readonly groupId: string }[]>;
  };
}

interface Query {
  readonly limit: number;
  readonly after: string;
  readonly group: string;
}

const readQuery = parameterReader<Query>({ limit: LIMIT, after: ID, group: ID });
const readRole = messageReader<{ role?: string | null }>(
  {
    role: {
      type: ['string', 'null'],
      minLength: 1,
      maxLength: 200,
      description: 'a declared role, or null for none',
    },
  },
  ['role'],
);

type ByGroup = { Params: BySlug['Params'] & { group: string } };
type ByLink = { Params: ByGroup['Params'] & { organization: string } };

/** /tenants/{slug}/links: which organization a group leads to, with which role. */
export function linkRoutes(server: FastifyInstance, { tenants, contextOf, links }: LinksDeps): void {
  server.get<BySlug>(
    '/tenants/:slug/links',
    {
      config: {
        operation: 'admin.links.list',
        api: {
          summary: 'Groups and the organizations they lead to; "byHand": the mapping leaves the group alone',
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
        (limit) => links.list(id, { ...query, limit }),
        ({ groupId }) => groupId,
      );
      return { groups: items, ...next };
    },
  );
  allowOnly(server, '/tenants/:slug/links', ['GET']);

  const shown = async (tenantId: string, group: string) => {
    const [found] = await links.list(tenantId, { limit: 1, group });
    if (!found) throw notFound('There is no group of this id.');
    return found;
  };
  server.delete<ByGroup>(
    '/tenants/:slug/links/:group',
    {
      config: {
        operation: 'admin.links.reset',
        api: { summary: 'Gives a group back to the mapping', status: 200 },
      },
    },
    async (request) => {
      const { slug, group } = request.params;
      const { id } = await findTenant(tenants, slug);
      await unlinkAll(await contextOf(id, request.id), group);
      return shown(id, group);
    },
  );
  allowOnly(server, '/tenants/:slug/links/:group', ['DELETE']);

  server.put<ByLink>(
    '/tenants/:slug/links/:group/:organization',
    {
      config: {
        operation: 'admin.links.set',
        api: {
          summary: 'Leads a group to an organization by hand, in the place of the mapping',
          status: 200,
          body: readRole.schema,
        },
      },
    },
    async (request) => {
      const { slug, group, organization } = request.params;
      const { role = null } = isEmptyBody(request.body) ? {} : readRole(request.body);
      const { id } = await findTenant(tenants, slug);
      await link(await contextOf(id, request.id), group, organization, role);
      return shown(id, group);
    },
  );
  server.delete<ByLink>(
    '/tenants/:slug/links/:group/:organization',
    {
      config: {
        operation: 'admin.links.remove',
        api: {
          summary:
            'Ends a link; after the last one made by hand the mapping counts again, after one of the mapping nothing does',
          status: 200,
        },
      },
    },
    async (request) => {
      const { slug, group, organization } = request.params;
      const { id } = await findTenant(tenants, slug);
      await unlink(await contextOf(id, request.id), group, organization);
      return shown(id, group);
    },
  );
  allowOnly(server, '/tenants/:slug/links/:group/:organization', ['PUT', 'DELETE']);
}
