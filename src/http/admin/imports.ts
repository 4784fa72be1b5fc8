import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { importAccounts, type ImportContext } from '../../operations/importAccounts.ts';
import { invalidValue } from '../../scim/errors.ts';
import type { Mode } from '../../scim/mode.ts';
import type { Registry } from '../../scim/schema/registry.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import { allowOnly } from '../allowOnly.ts';
import { acceptUploads, uploadOf } from '../uploaded.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

export interface ImportDeps
  extends Pick<TenantDeps, 'tenants' | 'now' | 'newId'>,
    Pick<ImportContext, 'imports' | 'closing'> {
  /** What a tenant has declared. */
  readonly registryOfTenant: (tenantId: string) => Promise<Registry>;
}

const TYPES = ['text/csv', 'application/x-ndjson'];

/** /tenants/{slug}/import: the accounts that the application had before. */
export function importRoutes(server: FastifyInstance, deps: ImportDeps): void {
  void server.register(async (scope) => {
    acceptUploads(scope, TYPES);
    scope.post<BySlug & { Querystring: { dryRun?: unknown } }>(
      '/tenants/:slug/import',
      {
        config: {
          operation: 'admin.import',
          api: {
            summary:
              'Imports accounts from a file, as text/csv or application/x-ndjson, and reports line by line',
            status: 200,
            query: { dryRun: { type: 'boolean', default: false } },
          },
        },
      },
      async (request, reply) => {
        const { dryRun = 'false' } = request.query;
        if (dryRun !== 'true' && dryRun !== 'false') throw invalidValue('"dryRun" must be true or false.');
        const tenant = await findTenant(deps.tenants, request.params.slug);
        await deps.imports.refusePaused(tenant.id);
        const context: ImportContext = {
          ...(await uploadContext(request, deps, tenant)),
          imports: deps.imports,
          dryRun: dryRun === 'true',
          newId: deps.newId,
        };
        const messages = importAccounts(context, uploadOf(request));
        return reply.type('application/x-ndjson; charset=utf-8').send(Readable.from(linesOf(messages)));
      },
    );
    allowOnly(scope, '/tenants/:slug/import', ['POST']);
  });
}

/** What an upload is read with. */
async function uploadContext(
  request: FastifyRequest,
  deps: Pick<ImportDeps, 'registryOfTenant' | 'now' | 'closing'>,
  tenant: { readonly id: string; readonly mode: Mode },
) {
  const { byName } = await deps.registryOfTenant(tenant.id);
  return {
    tenantId: tenant.id,
    mode: tenant.mode,
    type: byName.get('User') as ResourceType,
    format: /^text\/csv\b/i.test(request.headers['content-type'] ?? '')
      ? ('csv' as const)
      : ('ndjson' as const),
    requestId: request.id,
    now: deps.now,
    closing: deps.closing,
    onFault: (error: unknown): void => {
      request.exchange.error = error;
    },
  };
}

async function* linesOf(messages: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const message of messages) yield `${JSON.stringify(message)}\n`;
}
