import type { FastifyInstance } from 'fastify';
import { ScimError } from '../scim/errors.ts';

/** Headers of every answer: what is answered is personal data (B1.09, B15.04). */
export const PROTECTION: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Cache-Control', 'no-store'],
  ['Referrer-Policy', 'no-referrer'],
];

/** Puts them on every answer, with the request id that error texts end in. */
export function protect(server: FastifyInstance): void {
  const headers = Object.fromEntries(PROTECTION);
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('X-Request-Id', request.id);
    // RFC 9112 §3.2; Node would refuse it with an empty body.
    const hostless = request.raw.httpVersion === '1.1' && request.headers.host === undefined;
    done(hostless ? new ScimError(400, undefined, 'The header Host is missing.') : undefined);
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    // RFC 9110 §8.3: a type belongs to content.
    if (reply.statusCode === 204 || reply.statusCode === 304) reply.removeHeader('Content-Type');
    done();
  });
}
