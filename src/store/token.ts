/** A bearer credential of a tenant, as it is shown: the credential itself is not kept. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Null for one that does not expire. */
  readonly expiresAt: Date | null;
  /** When it was made invalid; null while it is valid. */
  readonly revokedAt: Date | null;
}
