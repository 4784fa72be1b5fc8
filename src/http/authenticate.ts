/** Who asks: the bearer token of a tenant (RFC 6750, B13). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from '../operations/context.ts';
import type { DiscoveryView } from '../scim/discovery/variant.ts';
import { ScimError, unavailable } from '../scim/errors.ts';
import { type Mode, rulesOf } from '../scim/mode.ts';
import { bearerVerifier } from './bearerVerifier.ts';
import { challenge } from './challenge.ts';

/** The tenant that a credential belongs to, and the credential. */
interface Caller {
  readonly tenant: {
    readonly id: string;
    readonly slug: string;
    readonly mode: Mode;
    readonly allowDuplicateGroupNames: boolean;
    readonly discoveryView: DiscoveryView;
    readonly storePasswords: boolean;
    readonly provisioning: Context['provisioning'];
    readonly paused: boolean;
  };
  readonly token: { readonly id: string; readonly name: string };
  /** How often the tenant's schemas have changed. */
  readonly schemasVersion: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent only where a request without a credential is answered. */
    caller: Caller | undefined;
  }
}

export interface AuthenticateDeps {
  /**
   * Refuses what cannot be a token of ours without asking the database.
   * @returns undefined for a token that is unknown, expired or revoked
   */
  readonly authenticate: (token: string, now: Date) => Promise<Caller | undefined>;
  /** Whether a text can be a token of ours at all. */
  readonly looksLikeCredential: (text: string) => boolean;
  readonly now: () => Date;
}

/** The one thing that may be read without a credential (RFC 7643 §5, B10.04). */
const OPEN = '/scim/v2/ServiceProviderConfig';

/** Refuses whatever comes without a valid token, before anything else is told (401 before 404, B13.10). */
export async function authenticate(server: FastifyInstance, deps: AuthenticateDeps): Promise<void> {
  server.decorateRequest('caller', undefined);
  const verify = await bearerVerifier(server, async (token, request) => {
    request.caller = await deps.authenticate(token, deps.now()).catch((error: unknown) => {
      // 401 would make an identity provider take its credential for wrong, and stop.
      throw error instanceof ScimError ? error : Object.assign(away(), { cause: error });
    });
    return request.caller !== undefined;
  });

  server.addHook('onRequest', async (request, reply) => {
    const header = request.headers.authorization?.trim() ?? '';
    if (header === '' && isOpen(request)) return;
    refuseTwoCredentials(request);
    // The administrator of an Okta header connection types the whole value of the header.
    const withoutScheme = deps.looksLikeCredential(header);
    if (withoutScheme) request.raw.headers.authorization = `Bearer ${header}`;
    await verify(request, reply).catch((error: unknown) => {
      throw error instanceof ScimError ? error : challenge(header, 'rollcall', NO_TOKEN, WRONG_TOKEN);
    });
    if (!withoutScheme) return;
    if (request.caller && !rulesOf(request.caller.tenant.mode).tolerates) {
      throw challenge('', 'rollcall', NO_SCHEME, NO_SCHEME);
    }
    request.exchange.tolerances.push('authorization-without-scheme');
  });
}

const NO_TOKEN =
  'A bearer token is needed: send the header Authorization with "Bearer", a space and the token of this connection.';
const WRONG_TOKEN =
  'The token is unknown, has expired or was revoked: make a new one and enter it in the identity provider.';
const NO_SCHEME =
  'The header Authorization must hold "Bearer", a space and the token; the word "Bearer" is missing.';

const away = () =>
  unavailable('The token cannot be checked because the database is away: try again shortly.', 5);

function isOpen(request: FastifyRequest): boolean {
  return request.routeOptions.url === OPEN && (request.method === 'GET' || request.method === 'HEAD');
}

// RFC 6750 §2, §3.1: more than one credential is invalid_request.
function refuseTwoCredentials(request: FastifyRequest): void {
  const { rawHeaders } = request.raw;
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') seen += 1;
  }
  if (seen < 2) return;
  throw new ScimError(400, undefined, 'The header Authorization is there more than once: send it once.', {
    'WWW-Authenticate': 'Bearer realm="rollcall", error="invalid_request"',
  });
}
