/** Endpoints that RFC 7644 names and that this server does not have: 501, not 404 (B9.01). */
import type { FastifyInstance } from 'fastify';
import { notImplemented } from '../scim/errors.ts';

export function unsupportedRoutes(server: FastifyInstance): void {
  server.all('/Me', { config: { operation: 'me' } }, () => {
    throw notImplemented('A token of a connection is no person, so there is no /Me; use /Users.');
  });
}
