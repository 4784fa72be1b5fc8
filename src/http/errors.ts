/** The wire form of what goes wrong (RFC 7644 §3.12). Nothing else knows it. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { invalidSyntax, notFound, ScimError, tooLarge, unavailable } from '../scim/errors.ts';
import type { Observer } from '../observe.ts';
import { pathOf } from './exchange.ts';
import { PROTECTION } from './protect.ts';
import { mayTakeLong } from './uploaded.ts';

/** The media type of every error, whatever was asked for (RFC 7644 §8.1). */
const TYPE = 'application/scim+json; charset=utf-8';

export interface ErrorDeps {
  readonly bodyLimitBytes: number;
  /** Makes a SCIM refusal of what a database threw; hands back what it does not know. */
  readonly translate: (thrown: unknown) => unknown;
}

/** Answers whatever is thrown, and whatever address does not exist, in SCIM form. */
export function handleErrors(server: FastifyInstance, deps: ErrorDeps): void {
  server.setErrorHandler((thrown: FastifyError, request, reply) => {
    const refusal = refusalOf(thrown, request, deps);
    note(request, refusal, thrown);
    return send(reply, request.id, refusal);
  });
  server.setNotFoundHandler((request) => {
    throw noSuchAddress(request);
  });
}

/** What to say of an address that leads nowhere. */
export function noSuchAddress(request: FastifyRequest): ScimError {
  // RFC 9110 §15.6.2
  if (!request.server.supportedMethods.includes(request.method)) {
    return new ScimError(501, undefined, 'This request method is not supported.');
  }
  const version = /^\/scim\/(v[0-9.]+)(?:[/?]|$)/.exec(request.url)?.[1];
  // RFC 7644 §3.13
  if (version !== undefined && version !== 'v2') {
    return new ScimError(400, 'invalidVers', 'This server speaks SCIM 2.0: the base URL ends in /scim/v2.');
  }
  return notFound(
    'There is nothing at this address: SCIM endpoints such as /Users and /Groups are below /scim/v2.',
  );
}

/** For what fails before a request has reached a route, such as an address with a broken percent-encoding. */
export function handleFrameworkErrors(observe: Observer) {
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = unreadable[thrown.code] ?? badRequest();
    for (const [name, value] of PROTECTION) reply.header(name, value);
    reply.header('X-Request-Id', request.id);
    observe({
      kind: 'request',
      requestId: request.id,
      method: request.method,
      path: pathOf(request.raw.url ?? ''),
      operation: undefined,
      status: refusal.status,
      durationMs: reply.elapsedTime,
      tenant: undefined,
      client: undefined,
      tolerances: [],
      scimType: undefined,
      error: undefined,
    });
    void send(reply, request.id, refusal);
  };
}

/** For what is not an HTTP request, or one that does not arrive in time. */
export function handleClientErrors(observe: Observer, newId: () => string) {
  return (error: NodeJS.ErrnoException, socket: Duplex): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && mayTakeLong(socket)) return;
    const refusal = unreadable[error.code ?? ''] ?? badRequest();
    observe({ kind: 'client-error', code: error.code ?? 'unknown' });
    if (socket.writable) {
      const id = newId();
      const body = JSON.stringify(message(refusal, id));
      const headers = [
        ...PROTECTION,
        ['Content-Type', TYPE],
        ['Content-Length', String(Buffer.byteLength(body))],
        ['X-Request-Id', id],
        ['Connection', 'close'],
      ].map((header) => header.join(': '));
      socket.end(
        [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`, ...headers, '', body].join('\r\n'),
      );
    }
    socket.destroy();
  };
}

function send(reply: FastifyReply, requestId: string, refusal: ScimError): FastifyReply {
  if (refusal.status === 503) reply.header('Retry-After', '5');
  return reply
    .code(refusal.status)
    .headers(refusal.headers)
    .header('Cache-Control', 'no-store')
    .type(TYPE)
    .send(message(refusal, requestId));
}

/** The body of an error, also for an operation of a bulk request. */
export function message({ status, scimType, message: detail }: ScimError, requestId: string) {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType === undefined ? {} : { scimType }),
    // Okta and Entra show the administrator little else than this text.
    detail: `${detail} [request ${requestId}]`,
  };
}

function note(request: FastifyRequest, refusal: ScimError, thrown: unknown): void {
  const { exchange } = request;
  exchange.scimType = refusal.scimType;
  exchange.detail = refusal.message;
  if (refusal.status >= 500 && refusal.status !== 501) exchange.error = thrown;
}

function refusalOf(thrown: FastifyError, request: FastifyRequest, deps: ErrorDeps): ScimError {
  const known = thrown instanceof ScimError ? thrown : deps.translate(thrown);
  if (known instanceof ScimError) return known;
  switch (thrown.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ScimError(
        415,
        undefined,
        'Send the body as application/scim+json or application/json, in UTF-8.',
      );
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return tooLarge(`The body is larger than the limit of ${deps.bodyLimitBytes} bytes.`);
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return invalidSyntax('The body is not as long as Content-Length says.');
    case 'FST_ERR_HANDLER_TIMEOUT':
      return unavailable('The answer took too long: try again, or ask for less.', 5);
  }
  if (request.raw.aborted || thrown.code === 'ECONNRESET') return badRequest();
  // 4xx of the framework for which no words were found: its own could echo what was sent.
  if (thrown.statusCode !== undefined && thrown.statusCode >= 400 && thrown.statusCode < 500) {
    return new ScimError(thrown.statusCode, undefined, 'The request cannot be understood.');
  }
  return new ScimError(
    500,
    undefined,
    'The server failed at this request; its log says why. Try again, and tell its operator if it stays so.',
  );
}

const badRequest = () => new ScimError(400, undefined, 'This is not a valid HTTP request.');

const unreadable: Readonly<Record<string, ScimError>> = {
  FST_ERR_BAD_URL: new ScimError(400, undefined, 'The address has a broken percent-encoding.'),
  FST_ERR_MAX_PARAM_LENGTH: new ScimError(414, undefined, 'A part of the address is too long to be an id.'),
  ERR_HTTP_REQUEST_TIMEOUT: new ScimError(408, undefined, 'The request did not arrive in time.'),
  HPE_HEADER_OVERFLOW: new ScimError(
    431,
    undefined,
    'The address and headers are too long: send a long filter to /.search.',
  ),
};
