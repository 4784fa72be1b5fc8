/** What an operation works with. */
import type { Sealer } from '../scim/list/cursor.ts';
import type { Intake } from '../scim/resource/intake.ts';
import type { Directory } from '../store/directory.ts';
import type { PasswordHasher } from '../store/passwordHash.ts';

export interface Context {
  readonly directory: Directory;
  readonly tenantId: string;
  /** For what clients carry from one request to the next. */
  readonly sealer: Sealer;
  /** Whether several groups may have one displayName. */
  readonly allowDuplicateGroupNames: boolean;
  /** Hashes passwords; undefined where the tenant has them dropped. */
  readonly passwords?: PasswordHasher | undefined;
  /** The leniency of the tenant, and what of it the request used. */
  readonly intake: Intake;
  /** The token that asks. */
  readonly tokenId: string;
  readonly requestId: string;
  readonly now: () => Date;
  readonly newId: () => string;
}
