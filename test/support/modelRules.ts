/** The rules of the model that need no state: e-mail addresses, roles, and what a group's name leads to. */
import type { StoredProvisioning } from '../../src/provisioning/settings.ts';
import type { Attributes } from './provisioningModel.ts';

/** Whether two names are the same without regard to case. */
export const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Of several primary addresses the first; of none the first for work; else the first. */
export function emailOf(attributes: Attributes): string | null {
  const emails = (attributes['emails'] ?? []) as readonly {
    value?: string;
    type?: string;
    primary?: boolean;
  }[];
  const usable = emails.filter(({ value }) => value !== undefined);
  const chosen =
    usable.find(({ primary }) => primary === true) ?? usable.find(({ type }) => type === 'work') ?? usable[0];
  return chosen?.value ?? null;
}

/** The role of a name or alias. */
export function declaredRole({ roles = [] }: StoredProvisioning, text: string): string | undefined {
  return roles.find(({ name, aliases }) => [name, ...aliases].some((one) => same(one, text)))?.name;
}

/** What a group's name leads to: an organization's name, or, without one, the default organization. */
export function targetOf(
  settings: StoredProvisioning,
  name: string,
): { organization: string | undefined; role: string | null } | undefined {
  const { rules, unmatched } = settings.organizations ?? { rules: [], unmatched: 'organization' };
  for (const rule of rules) {
    if (rule.name !== undefined && same(rule.name, name))
      return { organization: rule.organization, role: rule.role ?? null };
    if (rule.pattern === undefined) continue;
    // The patterns of the tests have no other characters that mean something to a regular expression.
    const form = rule.pattern.replace(/\{(organization|role)\}/g, '(?<$1>.+)');
    const found = new RegExp(`^${form}$`, 'iu').exec(name)?.groups;
    if (!found && !new RegExp(`^${form}$`, 'iu').test(name)) continue;
    const role = found?.['role'] === undefined ? null : declaredRole(settings, found['role']);
    if (role === undefined) continue;
    return { organization: rule.organization ?? found?.['organization'], role: rule.role ?? role };
  }
  return unmatched === 'organization' ? { organization: name, role: null } : undefined;
}
