/** The roles that a tenant has declared, from the weakest to the strongest. */
import { fold } from '../scim/schema/fold.ts';
import { type Document, isObject } from '../scim/resource/document.ts';
import type { RoleNames } from './pattern.ts';
import type { ProvisioningSettings, RoleSettings } from './settings.ts';

type Roles = Pick<ProvisioningSettings, 'roles'>;

interface Known extends RoleNames {
  readonly ranks: ReadonlyMap<string, number>;
}

const prepared = new WeakMap<readonly RoleSettings[], Known>();

/** The names and aliases of the roles, ready to be looked up. */
export function roleNames({ roles }: Roles): Known {
  const before = prepared.get(roles);
  if (before) return before;
  const names = new Map<string, string>();
  for (const { name, aliases } of roles) for (const text of [name, ...aliases]) names.set(fold(text), name);
  const known: Known = {
    of: (text) => names.get(fold(text)),
    longest: Math.max(0, ...[...names.keys()].map((key) => key.length)),
    ranks: new Map(roles.map(({ name }, index) => [name, index + 1])),
  };
  prepared.set(roles, known);
  return known;
}

/** The declared role that a text names, by its name or an alias, without regard to case. */
export function roleNamed(settings: Roles, text: string): string | undefined {
  return roleNames(settings).of(text.trim());
}

/** How strong a role is: 1 for the weakest; 0 for none, and for one that is not declared (any more). */
export function rankOf(settings: Roles, role: string | null): number {
  return role === null ? 0 : (roleNames(settings).ranks.get(role) ?? 0);
}

/** The strongest of the roles that compete for one membership; null where none is declared. */
export function strongest(settings: Roles, roles: Iterable<string | null>): string | null {
  let best: string | null = null;
  for (const role of roles) if (rankOf(settings, role) > rankOf(settings, best)) best = role;
  return best;
}

/**
 * The declared roles that the identity provider has given to the user itself, each once. Entra ID may send an element's
 * value as a JSON document in a string.
 * @param document of the user, in canonical form
 */
export function rolesOfUser(settings: Roles, document: Document): readonly string[] {
  const given: unknown = document['roles'];
  if (!Array.isArray(given) || settings.roles.length === 0) return [];
  const found = given
    .flatMap((element: unknown) => (isObject(element) ? textsOf(element) : [element]))
    .map((text) => (typeof text === 'string' ? roleNamed(settings, text) : undefined));
  return [...new Set(found.filter((role) => role !== undefined))];
}

function textsOf({ value, display, displayName }: Readonly<Record<string, unknown>>): unknown[] {
  const inner = typeof value === 'string' && value.trimStart().startsWith('{') ? parsed(value) : undefined;
  return [value, display, displayName, ...(isObject(inner) ? [inner['value'], inner['displayName']] : [])];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
