/** What an operation works with. */
import type { Actor } from '../provisioning/effect.ts';
import type { ProvisioningSettings } from '../provisioning/settings.ts';
import type { Sealer } from '../scim/list/cursor.ts';
import type { Intake } from '../scim/resource/intake.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Directory } from '../store/directory.ts';
import type { Reads } from '../store/snapshot.ts';
import type { PasswordHasher } from '../store/passwordHash.ts';

/** What is needed to settle what a change of the directory means. */
export interface SettlingContext {
  /** Every resource type that the tenant has, by name. */
  readonly types: ReadonlyMap<string, ResourceType>;
  readonly provisioning: ProvisioningSettings;
  /** Whether effects wait; may be some seconds old. */
  readonly paused: boolean;
  readonly actor: Actor;
  /** The token that asks; null where it is no token. */
  readonly tokenId: string | null;
  readonly requestId: string;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** The same of a tenant, for what is not a request of its identity provider. */
export interface TenantContext extends SettlingContext {
  readonly directory: Directory;
}

export interface Context extends TenantContext {
  readonly tenantId: string;
  /** For what clients carry from one request to the next. */
  readonly sealer: Sealer;
  /** Whether several groups may have one displayName. */
  readonly allowDuplicateGroupNames: boolean;
  /** Hashes passwords; undefined where the tenant has them dropped. */
  readonly passwords?: PasswordHasher | undefined;
  /** The leniency of the tenant, and what of it the request used. */
  readonly intake: Intake;
}

/** The same for what only reads, be it of one moment. */
export type ReadingContext = Omit<Context, 'directory'> & { readonly directory: Reads };
