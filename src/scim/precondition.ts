/** Conditional requests (RFC 7644 §3.14, RFC 9110 §13). */
import { preconditionFailed } from './errors.ts';

/**
 * Whether a header's list of entity tags names this version. Tags are compared by their opaque part: under the
 * strong comparison that RFC 9110 asks for in If-Match, the weak tags of SCIM would never match (B11.03).
 */
export function namesVersion(header: string, version: number): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//i, '') === `"${version}"`);
}

/** @throws ScimError preconditionFailed when If-Match names another version (B11.02) */
export function checkIfMatch(header: string | undefined, version: number): void {
  if (header !== undefined && !namesVersion(header, version)) {
    throw preconditionFailed(
      'The resource has changed since it was read; read it again and repeat the change.',
    );
  }
}
