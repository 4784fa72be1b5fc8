import type { FastifyInstance } from 'fastify';
import { notFound } from '../../scim/errors.ts';
import { allowOnly } from '../allowOnly.ts';
import { DEFAULT_LIFETIME, expiryOf } from './lifetime.ts';
import { messageReader } from './message.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

/** What is known of a token after it was made; the token itself is not. */
interface AdminToken {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface TokenDeps extends Pick<TenantDeps, 'tenants' | 'now' | 'newId'> {
  readonly tokens: {
    create(given: NewToken): Promise<AdminToken & { readonly token: string }>;
    list(tenantId: string): Promise<readonly AdminToken[]>;
    /** @returns whether the tenant has such a token, revoked before or not. */
    revoke(tenantId: string, id: string, now: Date): Promise<boolean>;
  };
}

type NewToken = { tenantId: string; id: string; name: string; expiresAt: Date; now: Date };

const readNew = messageReader<{ name: string; expiresIn?: string }>(
  {
    name: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      pattern: '\\S',
      description: 'a text of 1 to 200 characters',
    },
    expiresIn: { type: 'string', description: 'a lifetime such as 30m, 12h or 365d' },
  },
  ['name'],
);

/** /tenants/{slug}/tokens: the credentials of a tenant's identity providers. */
export function tokenRoutes(server: FastifyInstance, { tenants, tokens, now, newId }: TokenDeps): void {
  server.get<BySlug>(
    '/tenants/:slug/tokens',
    {
      config: {
        operation: 'admin.tokens.list',
        api: { summary: 'The tokens of a tenant, without their text', status: 200 },
      },
    },
    async (request) => {
      const tenant = await findTenant(tenants, request.params.slug);
      return { tokens: await tokens.list(tenant.id) };
    },
  );
  server.post<BySlug>(
    '/tenants/:slug/tokens',
    {
      config: {
        operation: 'admin.tokens.create',
        api: {
          summary: 'Makes a token; its text is in this answer and never again',
          status: 201,
          body: readNew.schema,
        },
      },
    },
    async (request, reply) => {
      const { name, expiresIn = DEFAULT_LIFETIME } = readNew(request.body);
      const createdAt = now();
      const expiresAt = expiryOf(expiresIn, createdAt);
      const tenant = await findTenant(tenants, request.params.slug);
      const given = { tenantId: tenant.id, id: newId(), name, expiresAt, now: createdAt };
      const { id, token } = await tokens.create(given);
      reply.code(201).header('Location', `/admin/v1/tenants/${tenant.slug}/tokens/${id}`);
      return { id, token, name, createdAt, expiresAt };
    },
  );
  allowOnly(server, '/tenants/:slug/tokens', ['GET', 'POST']);

  server.delete<{ Params: { slug: string; id: string } }>(
    '/tenants/:slug/tokens/:id',
    { config: { operation: 'admin.tokens.revoke', api: { summary: 'Revokes a token', status: 204 } } },
    async (request, reply) => {
      const tenant = await findTenant(tenants, request.params.slug);
      const revoked = await tokens.revoke(tenant.id, request.params.id, now());
      if (!revoked) throw notFound('This tenant has no such token.');
      return reply.code(204).send();
    },
  );
  allowOnly(server, '/tenants/:slug/tokens/:id', ['DELETE']);
}
