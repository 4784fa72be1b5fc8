/** What a group means by its name: an organization, and a role in it. */
import { fold } from '../scim/schema/fold.ts';
import { compilePattern, type Match, type RoleNames } from './pattern.ts';
import { roleNames } from './roles.ts';
import type { MappingRule, ProvisioningSettings } from './settings.ts';

type MappingSettings = Pick<ProvisioningSettings, 'organizations' | 'roles'>;

/** Where a group leads that no admin has linked. */
export type Target =
  /** To an organization of its own, of its name. */
  | { readonly kind: 'own' }
  /** Nowhere: it is a group only. */
  | { readonly kind: 'none' }
  /** To the organization named, null for the default one, with the role, null for none. */
  | { readonly kind: 'rule'; readonly organization: string | null; readonly role: string | null };

type Recognise = (name: string, key: string, roles: RoleNames) => Match | undefined;

const compiled = new WeakMap<readonly MappingRule[], readonly Recognise[]>();

/** The first rule that matches counts; where none does, what is set for unmatched groups. */
export function targetOf(settings: MappingSettings, displayName: string): Target {
  const { rules, unmatched } = settings.organizations;
  let recognisers = compiled.get(rules);
  if (!recognisers) compiled.set(rules, (recognisers = rules.map(compileRule)));
  const roles = roleNames(settings);
  const key = fold(displayName);
  for (const recognise of recognisers) {
    const match = recognise(displayName, key, roles);
    if (match) return { kind: 'rule', ...match };
  }
  return { kind: unmatched === 'organization' ? 'own' : 'none' };
}

/** What the rule gives itself overrides what its pattern has found. */
function compileRule({ name, pattern, organization, role }: MappingRule): Recognise {
  const exact = name === undefined ? undefined : fold(name);
  const form = pattern === undefined ? undefined : compilePattern(pattern);
  return (displayName, key, roles) => {
    const found =
      exact === undefined
        ? form?.match(displayName, roles)
        : key === exact
          ? { organization: null, role: null }
          : undefined;
    return found && { organization: organization ?? found.organization, role: role ?? found.role };
  };
}
