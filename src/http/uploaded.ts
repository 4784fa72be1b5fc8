/** Bodies that are files of any size: handed on as they arrive, and given the time that they need. */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidSyntax, ScimError } from '../scim/errors.ts';

/** How long nothing may arrive before an upload is given up, in milliseconds. */
const SILENCE = 60_000;

/** How long the answer has to reach such a client, in milliseconds. */
const LAST_WORDS = 5_000;

const unhurried = new WeakSet<object>();

/**
 * Whether the request that is arriving on the connection may take longer than others. Node watches over the arrival of
 * whole requests for a server, and not for a route; when the time is over it asks the listener of `clientError`, who
 * decides what becomes of the connection.
 */
export function mayTakeLong(socket: object): boolean {
  return unhurried.has(socket);
}

/**
 * Lets the routes of a scope take bodies of these media types as streams, without a limit of size, time or memory: the
 * client is slowed down to the pace at which the stream is read.
 */
export function acceptUploads(scope: FastifyInstance, types: readonly string[]): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser([...types], (request, payload, done) => {
    const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
    const charset = /;\s*charset="?([^";\s]*)/i.exec(type)?.[1] ?? 'utf-8';
    if (encoding !== 'identity') {
      done(
        new ScimError(415, undefined, 'Send the file without Content-Encoding.', {
          'Accept-Encoding': 'identity',
        }),
      );
    } else if (!/^utf-?8$/i.test(charset)) {
      done(new ScimError(415, undefined, 'This character set is not understood: send the file in UTF-8.'));
    } else {
      const { socket } = request.raw;
      unhurried.add(socket);
      request.raw.once('close', () => unhurried.delete(socket));
      done(null, payload);
    }
  });
  scope.addContentTypeParser('*', (_request, _payload, done) =>
    done(new ScimError(415, undefined, `Send the file as ${types.join(' or ')}.`)),
  );
}

/**
 * The bytes of an upload.
 * @throws ScimError invalidSyntax when there is no body; while it is read, 400 when it breaks off or nothing comes
 */
export function uploadOf({ body }: FastifyRequest): AsyncIterable<Uint8Array> {
  if (body === undefined) throw invalidSyntax('Send the file as the body of the request.');
  return arriving(body as Readable);
}

async function* arriving(stream: Readable): AsyncGenerator<Uint8Array> {
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      const chunk = await soon(chunks.next(), stream);
      if (chunk.done === true) return;
      yield chunk.value;
    }
  } finally {
    // Whoever still sends could not read the answer otherwise: closing on what has not been read resets the connection.
    void chunks.return?.().then(() => stream.resume());
  }
}

async function soon<T>(next: Promise<T>, stream: Readable): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // Once the answer is out.
      setTimeout(() => stream.destroy(), LAST_WORDS).unref();
      reject(brokenOff(`Nothing has arrived for ${SILENCE / 1000} seconds.`));
    }, SILENCE);
  });
  const arrived = next.catch(() => {
    throw brokenOff('The upload broke off.');
  });
  try {
    return await Promise.race([arrived, late]);
  } finally {
    clearTimeout(timer);
  }
}

const brokenOff = (detail: string) => new ScimError(400, undefined, detail);
