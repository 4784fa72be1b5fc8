import bearerAuth from '@fastify/bearer-auth';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Rejects for a request whose bearer token is missing or not accepted. */
export type BearerVerifier = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** @param accept whether the token may pass; what it throws is passed on as it is. */
export async function bearerVerifier(
  server: FastifyInstance,
  accept: (token: string, request: FastifyRequest) => boolean | Promise<boolean>,
): Promise<BearerVerifier> {
  await server.register(bearerAuth, {
    keys: new Set<string>(),
    auth: accept,
    // Without a hook of its own a refusal reaches our error handler.
    addHook: false,
    // RFC 7235 §2.1: the scheme in any case; the plugin's default takes "Bearer" alone.
    specCompliance: 'rfc6749',
    verifyErrorLogLevel: 'debug',
  });
  const verify = server.verifyBearerAuth;
  if (verify === undefined) throw new Error('@fastify/bearer-auth did not decorate the server');
  return (request, reply) =>
    new Promise((resolve, reject) => {
      verify.call(server, request, reply, (error) => (error === undefined ? resolve() : reject(error)));
    });
}
