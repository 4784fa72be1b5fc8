import type { FastifyInstance } from 'fastify';
import { DISCOVERY_VIEWS, type DiscoveryView } from '../../scim/discovery/variant.ts';
import { notFound } from '../../scim/errors.ts';
import { type Mode, MODES } from '../../scim/mode.ts';
import { allowOnly } from '../allowOnly.ts';
import { scimBaseUrl } from '../baseUrl.ts';
import { messageReader } from './message.ts';

/** A tenant as the admin API knows it. */
export interface AdminTenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly mode: Mode;
  readonly allowDuplicateGroupNames: boolean;
  readonly discoveryView: DiscoveryView;
  readonly storePasswords: boolean;
  readonly active: boolean;
  /** True while no effect of its directory reaches accounts and organizations. */
  readonly paused: boolean;
  readonly createdAt: Date;
}

type Settings = Partial<Omit<AdminTenant, 'id' | 'slug' | 'paused' | 'createdAt'>>;

type NewTenant = Pick<AdminTenant, 'slug' | 'name'> & Omit<Settings, 'name' | 'active'>;

export interface TenantDeps {
  readonly publicUrl: string | undefined;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly tenants: {
    create(
      given: NewTenant & { id: string; organizationId: string; now: Date; requestId: string },
    ): Promise<AdminTenant>;
    findBySlug(slug: string): Promise<AdminTenant | undefined>;
    list(): Promise<readonly AdminTenant[]>;
    update(id: string, settings: Settings): Promise<AdminTenant | undefined>;
  };
}

const SETTINGS = {
  name: {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    pattern: '\\S',
    description: 'a text of 1 to 200 characters',
  },
  mode: { enum: MODES, description: '"tolerant", "strict" or "interop"' },
  allowDuplicateGroupNames: { type: 'boolean', description: 'true or false' },
  discoveryView: { enum: DISCOVERY_VIEWS, description: '"full" or "entra"' },
  storePasswords: { type: 'boolean', description: 'true or false' },
} as const;

const readNew = messageReader<NewTenant>(
  {
    slug: {
      type: 'string',
      pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
      description: '1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end',
    },
    ...SETTINGS,
  },
  ['slug', 'name'],
);
const readSettings = messageReader<Settings>({
  ...SETTINGS,
  active: { type: 'boolean', description: 'true or false' },
});

/** /tenants: who may connect an identity provider to this server. */
export function tenantRoutes(server: FastifyInstance, { tenants, publicUrl, now, newId }: TenantDeps): void {
  server.get(
    '/tenants',
    { config: { operation: 'admin.tenants.list', api: { summary: 'The tenants', status: 200 } } },
    async (request) => {
      const baseUrl = scimBaseUrl(request, publicUrl);
      return { tenants: (await tenants.list()).map((tenant) => shown(tenant, baseUrl)) };
    },
  );
  server.post(
    '/tenants',
    {
      config: {
        operation: 'admin.tenants.create',
        api: { summary: 'Makes a tenant', status: 201, body: readNew.schema },
      },
    },
    async (request, reply) => {
      const given = readNew(request.body);
      const tenant = await tenants.create({
        ...given,
        id: newId(),
        organizationId: newId(),
        now: now(),
        requestId: request.id,
      });
      reply.code(201).header('Location', `/admin/v1/tenants/${tenant.slug}`);
      return shown(tenant, scimBaseUrl(request, publicUrl));
    },
  );
  allowOnly(server, '/tenants', ['GET', 'POST']);

  server.get<BySlug>(
    '/tenants/:slug',
    { config: { operation: 'admin.tenants.read', api: { summary: 'A tenant', status: 200 } } },
    async (request) => {
      const tenant = await findTenant(tenants, request.params.slug);
      return shown(tenant, scimBaseUrl(request, publicUrl));
    },
  );
  server.patch<BySlug>(
    '/tenants/:slug',
    {
      config: {
        operation: 'admin.tenants.update',
        api: {
          summary: 'Changes the settings of a tenant; an inactive one lets nobody in',
          status: 200,
          body: readSettings.schema,
        },
      },
    },
    async (request) => {
      const settings = readSettings(request.body);
      const { id } = await findTenant(tenants, request.params.slug);
      const tenant = await tenants.update(id, settings);
      if (tenant === undefined) throw noSuchTenant();
      return shown(tenant, scimBaseUrl(request, publicUrl));
    },
  );
  allowOnly(server, '/tenants/:slug', ['GET', 'PATCH']);
}

/** Field by field, since a tenant has settings beside these that have addresses of their own. */
function shown(tenant: AdminTenant, baseUrl: string): AdminTenant & { readonly scimBaseUrl: string } {
  return {
    id: tenant.id,
    slug: tenant.slug,
    name: tenant.name,
    mode: tenant.mode,
    allowDuplicateGroupNames: tenant.allowDuplicateGroupNames,
    discoveryView: tenant.discoveryView,
    storePasswords: tenant.storePasswords,
    active: tenant.active,
    paused: tenant.paused,
    createdAt: tenant.createdAt,
    scimBaseUrl: baseUrl,
  };
}

/** The parameters of an address below a tenant. */
export type BySlug = { Params: { slug: string } };

/** @throws 404 when there is no such tenant. */
export async function findTenant<T>(
  tenants: { findBySlug(slug: string): Promise<T | undefined> },
  slug: string,
): Promise<T> {
  const tenant = await tenants.findBySlug(slug);
  if (tenant === undefined) throw noSuchTenant();
  return tenant;
}

const noSuchTenant = () => notFound('There is no tenant of this name.');
