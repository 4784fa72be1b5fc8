/**
 * The bare handler: what the requests of the benchmark cost when nothing is done but what must be done. Fastify, bearer
 * authentication, and one prepared statement a request. It understands these requests alone, checks nothing of them, and
 * shares no code with Rollcall.
 *
 *     node build/bench/bare/main.js <file of tokens> <public URL>
 */
import { readFileSync } from 'node:fs';
import bearerAuth from '@fastify/bearer-auth';
import fastify, { type FastifyInstance } from 'fastify';
import pg from 'pg';
import { readRoutes } from './readRoutes.ts';
import { writeRoutes } from './writeRoutes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    tenant: Tenant;
  }
}

interface Tenant {
  readonly id: string;
  readonly tokenId: string;
}

const [, , file = ''] = process.argv;
const tenants = new Map<string, Tenant>(JSON.parse(readFileSync(file, 'utf8')) as [string, Tenant][]);
// Compiling a plan takes longer than any of these statements.
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10, options: '-c jit=off' });

const server: FastifyInstance = fastify({ bodyLimit: 64 * 1024 * 1024 });
server.decorateRequest('tenant');
server.addContentTypeParser(
  'application/scim+json',
  { parseAs: 'string' },
  server.getDefaultJsonParser('error', 'error'),
);
server.get('/readyz', async () => 'ready');
await server.register(
  async (scim) => {
    await scim.register(bearerAuth, {
      keys: new Set<string>(),
      auth(token, request) {
        const tenant = tenants.get(token);
        if (tenant) request.tenant = tenant;
        return tenant !== undefined;
      },
    });
    readRoutes(scim, pool);
    writeRoutes(scim, pool);
  },
  { prefix: '/scim/v2' },
);
await server.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });

process.on('SIGTERM', () => {
  void server.close().then(() => pool.end());
});
