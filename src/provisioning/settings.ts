/** What an admin has set of a tenant's provisioning: how its directory becomes accounts, organizations and roles. */

/** How a group is recognised, and what it then means. */
export interface MappingRule {
  /** The group's name, compared without regard to case. */
  readonly name?: string;
  /** Or its form, such as `{organization} {role}`. */
  readonly pattern?: string;
  /** The organization's name; absent: what the pattern found, else the default organization. */
  readonly organization?: string;
  /** A declared role; absent: what the pattern found, else none. */
  readonly role?: string;
}

/** A role that members can have. */
export interface RoleSettings {
  readonly name: string;
  /** What else groups and users may call it, compared without regard to case. */
  readonly aliases: readonly string[];
}

export interface BrakeSettings {
  /** How far back removals are counted. */
  readonly windowMinutes: number;
  /** How many removals may take effect within the window; null where only the share counts. */
  readonly removals: number | null;
  /** The same as a percentage of the active accounts. */
  readonly share: number | null;
  /** When a hold ends by itself; null: never. */
  readonly expiresAfterHours: number | null;
  readonly onExpiry: 'apply' | 'drop';
}

export interface ProvisioningSettings {
  /** What is synchronised beside what always is; null for everything. */
  readonly attributes: readonly string[] | null;
  /** What a user must have to be created, beside userName. */
  readonly requiredAttributes: readonly string[];
  /** A SCIM filter: who does not match it has no account; null: everybody has one. */
  readonly admission: string | null;
  readonly organizations: {
    /** The first that matches counts. */
    readonly rules: readonly MappingRule[];
    /** What a group that no rule matches gets: an organization of its own, or nothing. */
    readonly unmatched: 'organization' | 'none';
  };
  /** From the weakest to the strongest. */
  readonly roles: readonly RoleSettings[];
  /** What every active account has in the default organization. */
  readonly defaultRole: string | null;
  /** Where the roles count that the identity provider gives to the user itself. */
  readonly userRoles: 'ignored' | 'defaultOrganization' | 'everyOrganization';
  /** What a POST for somebody who is there already does. */
  readonly matching: {
    /** Imported, and of the same userName. */
    readonly userName: 'reject' | 'adopt';
    /** Imported, and of the same e-mail address in a verified domain. */
    readonly email: 'reject' | 'adopt';
    /** Deactivated, and of the same userName. */
    readonly deactivated: 'reject' | 'reactivate';
  };
  /** Domains that the tenant has been verified to own, in lower case. */
  readonly verifiedDomains: readonly string[];
  /** Null: it is off. */
  readonly brake: BrakeSettings | null;
  /** After how many days a leaver's account is removed for good; null: never. */
  readonly retentionDays: number | null;
}

/** What holds where nothing was set. */
export const DEFAULT_PROVISIONING: ProvisioningSettings = Object.freeze<ProvisioningSettings>({
  attributes: null,
  requiredAttributes: [],
  admission: null,
  organizations: { rules: [], unmatched: 'organization' },
  roles: [],
  defaultRole: null,
  userRoles: 'ignored',
  matching: { userName: 'reject', email: 'reject', deactivated: 'reject' },
  verifiedDomains: [],
  brake: null,
  retentionDays: null,
});

/** What is kept of settings: each of these is whole or absent. */
export type StoredProvisioning = Partial<ProvisioningSettings>;

/** @param stored what differs from the defaults */
export function provisioningOf(stored: StoredProvisioning): ProvisioningSettings {
  return Object.freeze({ ...DEFAULT_PROVISIONING, ...stored });
}
