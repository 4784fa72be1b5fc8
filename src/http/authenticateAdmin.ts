import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { bearerVerifier } from './bearerVerifier.ts';
import { challenge } from './challenge.ts';

/** Refuses whatever comes without the admin token. */
export async function authenticateAdmin(server: FastifyInstance, adminToken: string): Promise<void> {
  const expected = digest(adminToken);
  // Of digests, because the time to compare would otherwise tell the length.
  const verify = await bearerVerifier(server, (token) => timingSafeEqual(digest(token), expected));

  server.addHook('onRequest', async (request, reply) => {
    await verify(request, reply).catch(() => {
      throw challenge(request.headers.authorization ?? '', 'rollcall-admin', ABSENT, WRONG);
    });
  });
}

const ABSENT =
  'The admin token is needed: send the header Authorization with "Bearer", a space and the token (ADMIN_TOKEN, or the file admin-token in DATA_DIR).';
const WRONG =
  'This is not the admin token: that is the value of ADMIN_TOKEN, or in the file admin-token in DATA_DIR.';

const digest = (text: string) => createHash('sha256').update(text).digest();
