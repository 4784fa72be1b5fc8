/**
 * What can be wrong with a SCIM request. Thrown anywhere below `http/`, which alone knows the wire form
 * (RFC 7644 §3.12).
 */

/** The detail error keywords of RFC 7644 Table 9 and RFC 9865 §2.1; no others are invented (B12.02). */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive'
  | 'invalidCursor'
  | 'expiredCursor'
  | 'invalidCount';

/** A refusal that the client is told about. `message` is one sentence that says what to do. */
export class ScimError extends Error {
  readonly status: number;
  readonly scimType: ScimType | undefined;
  /** Extra response headers, e.g. `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    scimType: ScimType | undefined,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'ScimError';
    this.status = status;
    this.scimType = scimType;
    this.headers = headers;
  }
}

const refusal =
  (status: number, scimType?: ScimType) =>
  (detail: string): ScimError =>
    new ScimError(status, scimType, detail);

export const invalidFilter = refusal(400, 'invalidFilter');
export const tooMany = refusal(400, 'tooMany');
export const mutability = refusal(400, 'mutability');
export const invalidSyntax = refusal(400, 'invalidSyntax');
export const invalidPath = refusal(400, 'invalidPath');
export const noTarget = refusal(400, 'noTarget');
export const invalidValue = refusal(400, 'invalidValue');
export const uniqueness = refusal(409, 'uniqueness');
export const forbidden = refusal(403);
export const notFound = refusal(404);
export const conflict = refusal(409);
export const preconditionFailed = refusal(412);
export const tooLarge = refusal(413);
export const notImplemented = refusal(501);

/** The database or another part we need is away; `seconds` is when to come back. */
export function unavailable(detail: string, seconds: number): ScimError {
  return new ScimError(503, undefined, detail, { 'Retry-After': String(seconds) });
}
