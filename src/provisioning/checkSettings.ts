/** Whether settings make sense together, beyond the form of each. */
import { invalidValue } from '../scim/errors.ts';
import { fold } from '../scim/schema/fold.ts';
import { compilePattern } from './pattern.ts';
import type { MappingRule, ProvisioningSettings } from './settings.ts';

/** @throws ScimError invalidValue that names the setting at fault, and says what to do */
export function checkSettings(settings: ProvisioningSettings): void {
  checkRoles(settings);
  settings.organizations.rules.forEach((rule, index) => checkRule(settings, rule, index));
  const { defaultRole, brake, verifiedDomains } = settings;
  if (defaultRole !== null && !isDeclared(settings, defaultRole))
    throw invalidValue(`The defaultRole ${quoted(defaultRole)} is not declared; add it to "roles" first.`);
  for (const domain of verifiedDomains) checkDomain(domain);
  if (brake && brake.removals === null && brake.share === null)
    throw invalidValue('The brake needs "removals", "share" or both; to switch it off, set "brake" to null.');
}

function checkRoles({ roles }: ProvisioningSettings): void {
  const seen = new Map<string, string>();
  for (const { name, aliases } of roles) {
    for (const text of [name, ...aliases]) {
      if (text.trim() !== text)
        throw invalidValue(`The role name ${quoted(text)} begins or ends with a space; leave it out.`);
      const other = seen.get(fold(text));
      if (other !== undefined) {
        throw invalidValue(
          `${quoted(text)} is the name or alias of a role twice, of ${quoted(other)} and ${quoted(name)}; upper and lower case are the same.`,
        );
      }
      seen.set(fold(text), name);
    }
  }
}

function checkRule(settings: ProvisioningSettings, rule: MappingRule, index: number): void {
  const where = `Rule ${index + 1} of "organizations"`;
  const { name, pattern, role } = rule;
  if ((name === undefined) === (pattern === undefined))
    throw invalidValue(`${where} needs either "name" or "pattern".`);
  if (role !== undefined && !isDeclared(settings, role))
    throw invalidValue(
      `${where} gives the role ${quoted(role)}, which is not declared; add it to "roles" first.`,
    );
  const parts = pattern === undefined ? undefined : compilePattern(pattern).parts;
  if (parts?.has('role') && settings.roles.length === 0)
    throw invalidValue(`${where} has the part {role}, but no roles are declared; add them to "roles" first.`);
}

function isDeclared({ roles }: ProvisioningSettings, role: string): boolean {
  return roles.some(({ name }) => name === role);
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function checkDomain(domain: string): void {
  const labels = domain.split('.');
  if (labels.length > 1 && domain.length <= 253 && labels.every((label) => LABEL.test(label))) return;
  throw invalidValue(
    `${quoted(domain)} in "verifiedDomains" is not a domain such as example.com; write one with other letters as xn--….`,
  );
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
