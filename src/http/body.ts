/** What may be sent, and how it is read (B1.03, B1.04, B1.09). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ScimError } from '../scim/errors.ts';
import { rulesOf } from '../scim/mode.ts';
import { readJson } from './readJson.ts';

const TYPES = ['application/scim+json', 'application/json', 'text/json'];

/** Reads JSON bodies and refuses others. A request without a body has `undefined`, whatever its headers say. */
export function readBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  // Types that are known are found in Fastify's cache; the rest, and a body without a type, come to '*'.
  server.addContentTypeParser(
    [...TYPES, '*'],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      refuseOtherTypes(request);
      return readJson(body);
    },
  );
  server.addHook('preParsing', (request, _reply, _payload, done) => {
    const { headers } = request.raw;
    // Google and others send Content-Type with GET and DELETE; Fastify would look for a body, or at the type.
    const length = headers['content-length'];
    if (headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) {
      delete headers['content-type'];
    }
    done();
  });
}

function refuseOtherTypes(request: FastifyRequest): void {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding !== 'identity') {
    throw new ScimError(415, undefined, 'Send the body without Content-Encoding.', {
      'Accept-Encoding': 'identity',
    });
  }
  if (type === '') {
    const tolerates = !request.caller || rulesOf(request.caller.tenant.mode).tolerates;
    if (!tolerates) throw unsupported('There is a body and no Content-Type');
    request.exchange.tolerances.push('content-type-missing');
    return;
  }
  const [media = '', ...parameters] = type.toLowerCase().split(';');
  if (!TYPES.includes(media.trim())) throw unsupported('This Content-Type is not understood');
  // RFC 7644 §3.8
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw unsupported('This character set is not understood');
  }
}

function unsupported(what: string): ScimError {
  return new ScimError(415, undefined, `${what}: send application/scim+json or application/json, in UTF-8.`);
}
