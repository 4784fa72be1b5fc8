/** Whom a change of the directory concerns, and what decides what they are due. */
import type { BoundFilter } from '../../scim/filter/bound.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import type { ProvisioningSettings } from '../../provisioning/settings.ts';

export interface Concerned {
  /** Ids of users, and of groups where `nested` is set. */
  readonly ids: readonly string[];
  /** Whether there are groups among them, which stand for everybody in them. */
  readonly nested: boolean;
  /** Whose memberships are looked at: nothing else of the people concerned can have changed. */
  readonly organizations: readonly string[] | 'all';
}

/** What of a tenant's settings decides what is due. */
export interface Terms {
  /** From the weakest to the strongest. */
  readonly roles: readonly string[];
  readonly defaultRole: string | null;
  readonly userRoles: ProvisioningSettings['userRoles'];
  /** Who has an account; undefined: everybody. */
  readonly admission:
    | {
        readonly type: ResourceType;
        readonly filter: BoundFilter;
        /** Whether it asks for the groups that somebody is in. */
        readonly readsGroups: boolean;
      }
    | undefined;
}

/** In `held_effects`, what stands for the account itself in the place of an organization. */
export const NO_ORGANIZATION = '00000000-0000-0000-0000-000000000000';
