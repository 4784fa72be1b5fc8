import type { FastifyInstance } from 'fastify';
import { allowOnly } from './allowOnly.ts';

export interface HealthDeps {
  /** @returns why no request can be worked on, if so; rejects when the database cannot be asked. */
  readonly obstacle: () => Promise<string | undefined>;
  readonly closing: () => boolean;
  /** The text of GET /metrics. */
  readonly metrics: () => string | Promise<string>;
}

/** How long the database has to answer, in milliseconds. */
const PATIENCE = 2000;

/** What orchestrators and monitoring ask for, without a credential. */
export function healthRoutes(server: FastifyInstance, { obstacle, closing, metrics }: HealthDeps): void {
  server.get('/livez', { config: { operation: 'livez' } }, () => ({ status: 'ok' }));

  server.get('/readyz', { config: { operation: 'readyz' } }, async (_request, reply) => {
    const reason = closing() ? 'the server is closing' : await withinPatience(obstacle());
    if (reason === undefined) return { status: 'ok' };
    return reply.code(503).send({ status: 'unavailable', reason });
  });

  server.get('/metrics', { config: { operation: 'metrics' } }, async (_request, reply) => {
    const text = await metrics();
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  for (const url of ['/livez', '/readyz', '/metrics']) allowOnly(server, url, ['GET']);
}

async function withinPatience(answer: Promise<string | undefined>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, 'the database does not answer in time');
  });
  // The cause is for the log of the database's operator, not for whoever may ask here.
  const asked = answer.catch(() => 'the database is away');
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
