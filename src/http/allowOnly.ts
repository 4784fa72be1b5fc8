import type { FastifyInstance, HTTPMethods } from 'fastify';
import { ScimError } from '../scim/errors.ts';

/**
 * Answers every other method of a URL with 405 and `Allow` (RFC 9110 §15.5.6), and OPTIONS with 204 and
 * `Allow` (B1.09). Fastify alone would say 404.
 */
export function allowOnly(server: FastifyInstance, url: string, methods: readonly HTTPMethods[]): void {
  const allowed = new Set<string>(methods);
  if (allowed.has('GET')) allowed.add('HEAD');
  allowed.add('OPTIONS');
  const allow = [...allowed].join(', ');
  server.route({
    method: 'OPTIONS',
    url,
    handler: (_request, reply) => reply.code(204).header('Allow', allow).send(),
  });
  server.route({
    method: server.supportedMethods.filter((method) => !allowed.has(method)),
    url,
    // Before the body is read, so that its faults are not told instead.
    onRequest: (request, _reply, done) => {
      done(
        new ScimError(405, undefined, `${request.method} is not possible here; ${allow} are.`, {
          Allow: allow,
        }),
      );
    },
    handler: (_request, reply) => reply.code(405).send(),
  });
}
