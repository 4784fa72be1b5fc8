import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { importAccounts, type ImportContext } from '../../operations/importAccounts.ts';
import { type PreflightContext, preflightReport } from '../../operations/preflight.ts';
import { invalidValue } from '../../scim/errors.ts';
import type { Mode } from '../../scim/mode.ts';
import type { Registry } from '../../scim/schema/registry.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import { allowOnly } from '../allowOnly.ts';
import { acceptUploads, uploadOf } from '../uploaded.ts';
import { type BySlug, findTenant, type TenantDeps } from './tenants.ts';

export interface ImportDeps
  extends Pick<TenantDeps, 'tenants' | 'now' | 'newId'>,
    Pick<ImportContext, 'imports' | 'closing'>,
    Pick<PreflightContext, 'preflights'> {
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
        };
        return tell(reply, importAccounts(context, uploadOf(request)));
      },
    );
    allowOnly(scope, '/tenants/:slug/import', ['POST']);
    preflightRoutes(scope, deps);
  });
}

/** /tenants/{slug}/preflight: what would become of these accounts when the identity provider goes live. */
function preflightRoutes(scope: FastifyInstance, deps: ImportDeps): void {
  scope.get<BySlug>(
    '/tenants/:slug/preflight',
    {
      config: {
        operation: 'admin.preflight.read',
        api: {
          summary:
            'Which accounts the identity provider manages (matched), which share an address (doubled), and which it has not written so far (orphaned)',
          status: 200,
        },
      },
    },
    async (request) => deps.preflights.standing((await findTenant(deps.tenants, request.params.slug)).id),
  );
  scope.post<BySlug>(
    '/tenants/:slug/preflight',
    {
      config: {
        operation: 'admin.preflight',
        api: {
          summary:
            "Reads the identity provider's list, as text/csv or application/x-ndjson, and reports which accounts would be matched, doubled, refused or orphaned; changes none",
          status: 200,
        },
      },
    },
    async (request, reply) => {
      const tenant = await findTenant(deps.tenants, request.params.slug);
      const context = { ...(await uploadContext(request, deps, tenant)), preflights: deps.preflights };
      return tell(reply, preflightReport(context, uploadOf(request)));
    },
  );
  allowOnly(scope, '/tenants/:slug/preflight', ['GET', 'POST']);
}

/** What an upload is read with. */
async function uploadContext(
  request: FastifyRequest,
  deps: Pick<ImportDeps, 'registryOfTenant' | 'now' | 'newId' | 'closing'>,
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
    newId: deps.newId,
    closing: deps.closing,
    onFault: (error: unknown): void => {
      request.exchange.error = error;
    },
  };
}

function tell(reply: FastifyReply, messages: AsyncIterable<unknown>): FastifyReply {
  return reply.type('application/x-ndjson; charset=utf-8').send(Readable.from(linesOf(messages)));
}

async function* linesOf(messages: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const message of messages) yield `${JSON.stringify(message)}\n`;
}
