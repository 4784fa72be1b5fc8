/** What of a tenant's settings decides what people are due, ready for the database. */
import { strongest, rolesOfUser } from '../provisioning/roles.ts';
import type { ProvisioningSettings } from '../provisioning/settings.ts';
import { unavailable } from '../scim/errors.ts';
import type { BoundFilter } from '../scim/filter/bound.ts';
import { readFilter } from '../scim/filter/read.ts';
import type { Document } from '../scim/resource/document.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { createLeniency } from '../scim/tolerance.ts';
import type { Terms } from '../store/settle/concerned.ts';
import type { SettlingContext } from './context.ts';
import { hasAccounts } from './kind.ts';

const NO_ADMISSION =
  "The tenant's admission filter asks for what its schemas do not declare any more; its administrator has to change it.";
/** Seconds. */
const RETRY_AFTER = 300;

const known = new WeakMap<ProvisioningSettings, WeakMap<SettlingContext['types'], Terms>>();

/** @throws ScimError 503 when the admission filter does not fit the tenant's schemas any more */
export function termsOf({ provisioning, types }: Pick<SettlingContext, 'provisioning' | 'types'>): Terms {
  let byTypes = known.get(provisioning);
  if (!byTypes) known.set(provisioning, (byTypes = new WeakMap()));
  let terms = byTypes.get(types);
  if (!terms) byTypes.set(types, (terms = read(provisioning, types)));
  return terms;
}

function read(settings: ProvisioningSettings, types: SettlingContext['types']): Terms {
  const { admission, defaultRole, roles, userRoles } = settings;
  const type = accountType(types);
  return {
    roles: roles.map(({ name }) => name),
    defaultRole,
    userRoles,
    admission: admission === null || !type ? undefined : admissionOf(type, admission),
  };
}

function admissionOf(type: ResourceType, text: string): NonNullable<Terms['admission']> {
  try {
    const filter = readFilter(type, text, createLeniency('tolerant'));
    return { type, filter, readsGroups: readsGroups(filter) };
  } catch (error) {
    // A schema was withdrawn since. Nobody is let in or shut out by a filter that cannot be asked.
    throw Object.assign(unavailable(NO_ADMISSION, RETRY_AFTER), { cause: error });
  }
}

function readsGroups(filter: BoundFilter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.terms.some(readsGroups);
    case 'not':
      return readsGroups(filter.term);
    case 'constant':
      return false;
    default:
      return filter.field.storage === 'groups';
  }
}

/** The type whose resources have accounts. */
export function accountType(types: SettlingContext['types']): ResourceType | undefined {
  return [...types.values()].find(hasAccounts);
}

/** The strongest declared role among a user's own, where the tenant heeds them. */
export function ownRoleOf(
  { provisioning }: Pick<SettlingContext, 'provisioning'>,
  document: Document,
): string | null {
  if (provisioning.userRoles === 'ignored') return null;
  return strongest(provisioning, rolesOfUser(provisioning, document));
}
