/** From a request to what an operation works with. */
import type { FastifyRequest } from 'fastify';
import type { Context } from '../operations/context.ts';
import { createIntake } from '../scim/resource/intake.ts';
import { redact } from '../scim/resource/redact.ts';
import type { Registry } from '../scim/schema/registry.ts';
import { createLeniency } from '../scim/tolerance.ts';

export interface ScimDeps {
  /** What every tenant has. */
  readonly shipped: Registry;
  /** What the tenant of a credential has. */
  readonly registryOf: (caller: NonNullable<FastifyRequest['caller']>) => Registry | Promise<Registry>;
  /** The data of a tenant whose resource types these are. */
  readonly directoryOf: (tenantId: string, registry: Registry) => Context['directory'];
  readonly publicUrl: string | undefined;
  /** How long the reader of a large answer may take nothing, in milliseconds; 20 s where it is left out. */
  readonly readerPatienceMs?: number | undefined;
  /** Of a request, in bytes. */
  readonly maxPayloadSize: number;
  readonly sealer: Context['sealer'];
  readonly passwords: Context['passwords'];
  readonly now: () => Date;
  readonly newId: () => string;
}

/** Bodies above this size, in bytes, are not kept in the provisioning log. */
const KEPT_BODY = 32 * 1024;

/**
 * Runs an operation for the caller's tenant; what of the tenant's leniency it used is noted, also when it fails, and
 * the body as it may be kept.
 */
export async function withContext<T>(
  request: FastifyRequest,
  deps: ScimDeps,
  run: (context: Context) => Promise<T>,
): Promise<T> {
  const { caller, exchange, scim } = request;
  if (!caller || !scim) throw new Error('a resource endpoint was reached without a credential');
  const leniency = createLeniency(caller.tenant.mode);
  const intake = createIntake(leniency);
  if (request.body !== undefined && Number(request.headers['content-length'] ?? KEPT_BODY + 1) <= KEPT_BODY) {
    exchange.request = redact(scim.registry.resourceTypes, request.body);
  }
  // Not when it is over: the answer is out, and told of, by then.
  exchange.used = leniency.used;
  exchange.undeclared = intake.noted;
  return run({
    directory: deps.directoryOf(caller.tenant.id, scim.registry),
    tenantId: caller.tenant.id,
    types: scim.registry.byName,
    provisioning: caller.tenant.provisioning,
    paused: caller.tenant.paused,
    actor: 'token',
    sealer: deps.sealer,
    passwords: caller.tenant.storePasswords ? deps.passwords : undefined,
    allowDuplicateGroupNames: caller.tenant.allowDuplicateGroupNames,
    intake,
    tokenId: caller.token.id,
    requestId: request.id,
    now: deps.now,
    newId: deps.newId,
  });
}
