/** What an admin changes of the settings, in the form in which it was found well-formed. */
import {
  type BrakeSettings,
  DEFAULT_PROVISIONING,
  type ProvisioningSettings,
  type RoleSettings,
  type StoredProvisioning,
} from './settings.ts';

type Whole = 'organizations' | 'matching' | 'roles' | 'brake';

export type GivenProvisioning = Partial<Omit<ProvisioningSettings, Whole>> & {
  readonly organizations?: Partial<ProvisioningSettings['organizations']>;
  readonly matching?: Partial<ProvisioningSettings['matching']>;
  readonly roles?: readonly (Pick<RoleSettings, 'name'> & Partial<RoleSettings>)[];
  readonly brake?: Partial<BrakeSettings> | null;
};

/** What holds of a brake where nothing else is said. */
const DEFAULT_BRAKE: BrakeSettings = Object.freeze({
  windowMinutes: 60,
  removals: null,
  share: null,
  expiresAfterHours: null,
  onExpiry: 'drop',
});

/** The settings after a change: what is not given stays, inside of objects too; a list is replaced as a whole. */
export function settingsAfter(before: ProvisioningSettings, given: GivenProvisioning): ProvisioningSettings {
  const { organizations, matching, roles, brake, verifiedDomains, ...rest } = given;
  return {
    ...before,
    ...rest,
    organizations: { ...before.organizations, ...organizations },
    matching: { ...before.matching, ...matching },
    ...(roles && { roles: roles.map(({ name, aliases = [] }) => ({ name, aliases })) }),
    ...(brake !== undefined && { brake: brake && { ...DEFAULT_BRAKE, ...before.brake, ...brake } }),
    ...(verifiedDomains && {
      verifiedDomains: [...new Set(verifiedDomains.map((domain) => domain.toLowerCase()))],
    }),
  };
}

/** What is kept of settings: what differs from the defaults, so that a default can become another one. */
export function storedOf(settings: ProvisioningSettings): StoredProvisioning {
  const names = Object.keys(DEFAULT_PROVISIONING) as (keyof ProvisioningSettings)[];
  return Object.fromEntries(
    names
      .filter((name) => differs(settings, DEFAULT_PROVISIONING, name))
      .map((name) => [name, settings[name]]),
  );
}

/** Whether a setting is another one. */
export function differs(
  one: ProvisioningSettings,
  other: ProvisioningSettings,
  name: keyof ProvisioningSettings,
): boolean {
  // As it is shown and kept; the order of keys in an object is that in which settingsAfter has made it.
  return canonical(one[name]) !== canonical(other[name]);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
