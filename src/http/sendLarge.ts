/** Answers that show more members than can be held: made and sent part by part. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context, ReadingContext } from '../operations/context.ts';
import type { Document } from '../scim/resource/document.ts';
import { writeDocument } from '../scim/resource/writeDocument.ts';
import { scimBaseUrl } from './baseUrl.ts';
import { Outlet } from './outlet.ts';
import type { ScimDeps } from './scimContext.ts';

/**
 * @param prepare reads anew what is shown, at the moment that all of the answer is of, and sets the headers
 * @throws what prepare throws, before anything was sent. Later the connection is destroyed, so that nobody takes for whole
 *   what is not, and that is told.
 */
export async function sendLarge(
  request: FastifyRequest,
  reply: FastifyReply,
  { publicUrl, readerPatienceMs }: Pick<ScimDeps, 'publicUrl' | 'readerPatienceMs'>,
  context: Context,
  prepare: (context: ReadingContext) => Promise<Document>,
): Promise<FastifyReply> {
  const baseUrl = scimBaseUrl(request, publicUrl);
  const outlet = new Outlet(readerPatienceMs);
  let begun = false;
  try {
    await context.directory.snapshot(
      (snapshot) => prepare({ ...context, directory: snapshot }),
      async (document, snapshot) => {
        begun = true;
        void reply.send(outlet.stream);
        // RFC 9110 §9.3.2: what the head says without the body, and costs nothing to say.
        if (request.method === 'HEAD') return;
        await writeDocument(
          document,
          (text) => outlet.write(text),
          (members, write) => snapshot.writeMembers(members, baseUrl, write),
        );
      },
    );
    outlet.end();
  } catch (error) {
    if (!begun) throw error;
    outlet.breakOff(((error as Error).cause ?? error) as Error);
  }
  return reply;
}
