import type { FastifyRequest } from 'fastify';

/** The SCIM base URL as clients reach it: from PUBLIC_URL, else from the address of this request. */
export function scimBaseUrl(request: FastifyRequest, publicUrl: string | undefined): string {
  return `${publicUrl ?? `${request.protocol}://${request.host}`}/scim/v2`;
}
