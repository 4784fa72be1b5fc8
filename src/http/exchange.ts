/** One request and its answer: what is noted on the way, and told once when it is over. */
import { Stream } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Observer } from '../observe.ts';
import type { Undeclared } from '../scim/resource/intake.ts';

/** Filled while a request is worked on, for log, metrics and the provisioning log. */
interface Exchange {
  operation?: string | undefined;
  readonly tolerances: string[];
  /** Tolerances that an operation used so far. */
  used?: ReadonlySet<string>;
  resourceId?: string | undefined;
  scimType?: string | undefined;
  detail?: string | undefined;
  /** What it named that no schema declares. */
  undeclared?: readonly Undeclared[];
  /** The body as it may be kept: without values of writeOnly attributes. */
  request?: unknown;
  /** What was thrown, for an answer of 500 and above. */
  error?: unknown;
  /** Whether it has been told already. */
  told?: boolean;
}

/** What of an exchange with an identity provider is kept. */
interface ExchangeEntry {
  readonly tenantId: string;
  readonly tokenId: string;
  readonly at: Date;
  readonly requestId: string;
  readonly client: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly operation: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  readonly scimType: string | undefined;
  readonly detail: string | undefined;
  readonly tolerances: readonly string[];
  readonly request: unknown;
  readonly undeclared: readonly Undeclared[];
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange;
  }
  interface FastifyContextConfig {
    /** Names the operation of a route for log and metrics, refusals before the handler included. */
    operation?: string;
  }
}

export interface ExchangeDeps {
  readonly observe: Observer;
  readonly record: (entry: ExchangeEntry) => void;
  readonly now: () => Date;
}

/** Begins an exchange with every request and tells of it when the answer is out. */
export function trackExchanges(server: FastifyInstance, { observe, record, now }: ExchangeDeps): void {
  // Fastify wants the shape of a request to be known from the start.
  server.decorateRequest('exchange', null as unknown as Exchange);

  const tell = (request: FastifyRequest, reply: FastifyReply): void => {
    const { exchange, caller } = request;
    if (exchange.told === true) return;
    exchange.told = true;
    const requestId = request.id;
    const { method } = request;
    const path = pathOf(request.url);
    const operation = exchange.operation ?? request.routeOptions.config.operation;
    const status = reply.statusCode;
    const durationMs = reply.elapsedTime;
    const client = request.headers['user-agent']?.slice(0, 200) || undefined;
    const { scimType, error, detail } = exchange;
    const tolerances = exchange.used?.size ? [...exchange.tolerances, ...exchange.used] : exchange.tolerances;
    const tenant = caller?.tenant.slug;
    // Written out, since this is done for every request; B15.04: the first holds nothing that a client has sent as a value.
    observe({
      kind: 'request',
      requestId,
      method,
      path,
      operation,
      status,
      durationMs,
      client,
      scimType,
      tolerances,
      tenant,
      error,
    });
    if (caller === undefined) return;
    record({
      tenantId: caller.tenant.id,
      tokenId: caller.token.id,
      at: now(),
      requestId,
      client,
      method,
      path,
      operation,
      status,
      durationMs,
      scimType,
      detail,
      tolerances,
      request: exchange.request,
      undeclared: exchange.undeclared ?? [],
    });
  };

  server.addHook('onRequest', (request, _reply, done) => {
    request.exchange = { tolerances: request.originalUrl === request.url ? [] : ['base-url-variant'] };
    done();
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    // Nobody reads the answer, and onResponse will not come: the client has gone while it was worked out.
    if (reply.raw.destroyed) tell(request, reply);
    else if (payload instanceof Stream) {
      // Nor does it come when an answer breaks off that is sent while it is made.
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) request.exchange.detail ??= 'The answer broke off.';
        tell(request, reply);
      });
    }
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    tell(request, reply);
    done();
  });
}

/** @returns the path of a URL, short enough for a log, without the query string (B15.04). */
export function pathOf(url: string): string {
  const end = url.search(/[?#;]/);
  return (end === -1 ? url : url.slice(0, end)).slice(0, 500);
}
