import type { FastifyInstance } from 'fastify';

/** How long a request that is just arriving is waited for, in milliseconds. */
const LAST_CALL = 200;

/**
 * Lets `close` end as soon as the requests under way are answered. Node alone would wait for every
 * keep-alive connection to time out, and for connections that never sent anything.
 *
 * @returns whether the server is closing.
 */
export function drain(server: FastifyInstance): () => boolean {
  let closing = false;
  let underWay = 0;
  const hangUp = (): void => {
    if (closing && underWay === 0) server.server.closeAllConnections();
  };
  server.server.on('request', (_request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
      if (closing) setImmediate(hangUp);
    });
  });
  server.addHook('preClose', (done) => {
    closing = true;
    setTimeout(hangUp, LAST_CALL);
    done();
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('Connection', 'close');
    done();
  });
  return () => closing;
}
