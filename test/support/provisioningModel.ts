/**
 * What the directory of a tenant means for its application, in memory: slow, and by other means than the server's.
 * Nothing is kept that can be derived: accounts and memberships are worked out from scratch each time.
 */
import type { ProvisioningSettings, StoredProvisioning } from '../../src/provisioning/settings.ts';
import { declaredRole, emailOf, same, targetOf } from './modelRules.ts';

export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

export type Attributes = Readonly<Record<string, unknown>>;
export type Verdict = 'done' | 400 | 404 | 409;

/** Settings of a tenant, and its admission filter a second time, as a function. */
export interface ModelWorld {
  readonly stored: StoredProvisioning;
  /** @param groups names of the groups that the user is in, also through others */
  readonly admits?: (user: Attributes, groups: readonly string[]) => boolean;
}

interface User {
  readonly id: string;
  attributes: Attributes;
  living: boolean;
  /** When it was deleted, in the order of deletions. */
  gone: number;
  account: Account | undefined;
}

/** A person; which resource speaks for them is all there is to know. */
export interface Account {
  user: User;
}

interface Group {
  readonly id: string;
  name: string;
  readonly members: Set<string>;
}

export interface Organization {
  name: string;
  readonly isDefault: boolean;
}

interface Link {
  readonly group: Group;
  readonly organization: Organization;
  readonly role: string | null;
  readonly manual: boolean;
}

/** What the views have to show. */
export interface ModelViews {
  readonly accounts: readonly {
    readonly account: Account;
    readonly scimId: string;
    readonly active: boolean;
    readonly reason: string | null;
    readonly email: string | null;
    /** Without `active`. */
    readonly attributes: Attributes;
  }[];
  readonly organizations: readonly { readonly organization: Organization; readonly archived: boolean }[];
  readonly members: readonly {
    readonly account: Account;
    readonly organization: Organization;
    readonly role: string | null;
    readonly groups: readonly string[];
  }[];
}

export class ProvisioningModel {
  readonly users = new Map<string, User>();
  readonly groups = new Map<string, Group>();
  readonly organizations: Organization[];
  readonly links: Link[] = [];
  readonly #world: ModelWorld;
  #deletions = 0;

  constructor(world: ModelWorld, tenantName: string) {
    this.#world = world;
    this.organizations = [{ name: tenantName, isDefault: true }];
  }

  livingUsers(): User[] {
    return [...this.users.values()].filter(({ living }) => living);
  }

  // Users.

  createUser(id: string, given: Attributes): Verdict {
    if (this.#taken(String(given['userName']))) return 409;
    const user: User = {
      id,
      attributes: { active: true, ...given },
      living: true,
      gone: 0,
      account: undefined,
    };
    user.account = this.#returning(user.attributes);
    if (user.account) user.account.user = user;
    this.users.set(id, user);
    return this.#settle();
  }

  /** @param change gives the attributes as they become; `undefined` removes one */
  patchUser(id: string, change: (was: Attributes) => Attributes): Verdict {
    const user = this.#livingUser(id);
    if (!user) return 404;
    return this.#write(user, change(user.attributes));
  }

  /** An extension, and `active`, stay where the body does not speak of them. */
  putUser(id: string, given: Attributes): Verdict {
    const user = this.#livingUser(id);
    if (!user) return 404;
    const { active, [ENTERPRISE]: extension } = user.attributes;
    return this.#write(user, { active, [ENTERPRISE]: extension, ...given });
  }

  deleteUser(id: string): Verdict {
    const user = this.#livingUser(id);
    if (!user) return 404;
    user.living = false;
    user.gone = ++this.#deletions;
    for (const group of this.groups.values()) group.members.delete(id);
    for (const other of this.livingUsers()) {
      const { manager, ...extension } = (other.attributes[ENTERPRISE] ?? {}) as Record<string, unknown>;
      if ((manager as { value: string } | undefined)?.value !== id) continue;
      const left = Object.keys(extension).length > 0 ? extension : undefined;
      other.attributes = withoutUndefined({ ...other.attributes, [ENTERPRISE]: left });
    }
    return this.#settle();
  }

  #write(user: User, attributes: Attributes): Verdict {
    if (this.#taken(String(attributes['userName']), user)) return 409;
    user.attributes = withoutUndefined(attributes);
    return this.#settle();
  }

  #livingUser(id: string): User | undefined {
    const user = this.users.get(id);
    return user?.living ? user : undefined;
  }

  #taken(userName: string, by?: User): boolean {
    return this.livingUsers().some(
      (user) => user !== by && same(String(user.attributes['userName']), userName),
    );
  }

  /** Whoever left last under this userName, else with this externalId. */
  #returning(attributes: Attributes): Account | undefined {
    const leavers = [...this.users.values()]
      .filter((user) => !user.living && user.account?.user === user)
      .sort((one, other) => other.gone - one.gone);
    const found =
      leavers.find((user) => same(String(user.attributes['userName']), String(attributes['userName']))) ??
      leavers.find(
        (user) =>
          attributes['externalId'] !== undefined &&
          user.attributes['externalId'] === attributes['externalId'],
      );
    return found?.account;
  }

  // Groups.

  createGroup(id: string, name: string, members: readonly string[] = []): Verdict {
    if (this.#named(name)) return 409;
    if (!members.every((member) => this.#exists(member))) return 400;
    const group: Group = { id, name, members: new Set(members) };
    this.groups.set(id, group);
    this.#map(group);
    return this.#settle();
  }

  renameGroup(id: string, name: string): Verdict {
    const group = this.groups.get(id);
    if (!group) return 404;
    if (this.#named(name, group)) return 409;
    if (group.name === name) return 'done';
    group.name = name;
    this.#map(group);
    return this.#settle();
  }

  editMembers(id: string, how: 'add' | 'remove' | 'set', members: readonly string[]): Verdict {
    const group = this.groups.get(id);
    if (!group) return 404;
    if (how !== 'remove' && !members.every((member) => this.#exists(member))) return 400;
    if (how === 'set') group.members.clear();
    for (const member of members) {
      if (how === 'remove') group.members.delete(member);
      else group.members.add(member);
    }
    return this.#settle();
  }

  deleteGroup(id: string): Verdict {
    const group = this.groups.get(id);
    if (!group) return 404;
    this.groups.delete(id);
    for (const other of this.groups.values()) other.members.delete(id);
    this.#unlink((link) => link.group === group);
    return this.#settle();
  }

  // Links made by an admin. The mapping has no say where there is one.

  link(groupId: string, organization: Organization, role: string | null): Verdict {
    const group = this.groups.get(groupId);
    if (!group) return 404;
    this.#unlink((link) => link.group === group && (!link.manual || link.organization === organization));
    this.links.push({ group, organization, role, manual: true });
    return this.#settle();
  }

  unlink(groupId: string, organization: Organization): Verdict {
    const group = this.groups.get(groupId);
    const isIt = (link: Link): boolean =>
      link.group === group && link.organization === organization && link.manual;
    if (!group || !this.links.some(isIt)) return 404;
    this.#unlink(isIt);
    this.#map(group);
    return this.#settle();
  }

  #named(name: string, by?: Group): boolean {
    return [...this.groups.values()].some((group) => group !== by && same(group.name, name));
  }

  #exists(id: string): boolean {
    return this.groups.has(id) || this.#livingUser(id) !== undefined;
  }

  #unlink(which: (link: Link) => boolean): void {
    for (const link of this.links.filter(which)) this.links.splice(this.links.indexOf(link), 1);
  }

  /** Gives a new, renamed or unlinked group the organization that its name leads to. */
  #map(group: Group): void {
    if (this.links.some((link) => link.group === group && link.manual)) return;
    const current = this.links.find((link) => link.group === group)?.organization;
    const target = targetOf(this.#settings, group.name);
    this.#unlink((link) => link.group === group);
    if (!target) return;
    const { role } = target;
    const organization = this.#organizationFor(target.organization, current);
    this.links.push({ group, organization, role, manual: false });
  }

  #organizationFor(name: string | undefined, current: Organization | undefined): Organization {
    if (name === undefined) return this.organizations[0] as Organization;
    const existing = this.organizations.find((one) => !one.isDefault && same(one.name, name));
    const own =
      current && !current.isDefault && !this.links.some((link) => link.organization === current)
        ? current
        : undefined;
    // It goes along with the group's name, unless that is another's already.
    if (own && (!existing || existing === own)) {
      own.name = name;
      return own;
    }
    if (existing) return existing;
    const made: Organization = { name, isDefault: false };
    this.organizations.push(made);
    return made;
  }

  // What follows.

  get #settings(): Partial<ProvisioningSettings> {
    return this.#world.stored;
  }

  /** Who is admitted for the first time gets an account: a new one, since nobody may become somebody by an update. */
  #settle(): Verdict {
    for (const user of this.livingUsers()) {
      if (!user.account && this.#admitted(user)) user.account = { user };
    }
    return 'done';
  }

  #admitted(user: User): boolean {
    const { admits } = this.#world;
    return (
      !admits ||
      admits(
        user.attributes,
        [...this.#groupsOf(user.id)].map(({ name }) => name),
      )
    );
  }

  /** All groups that a resource is in, directly or through others. */
  #groupsOf(id: string): Set<Group> {
    const found = new Set<Group>();
    for (let size = -1; size < found.size; ) {
      size = found.size;
      for (const group of this.groups.values()) {
        if (group.members.has(id) || [...found].some((below) => group.members.has(below.id)))
          found.add(group);
      }
    }
    return found;
  }

  #state({ user }: Account): { active: boolean; reason: string | null } {
    if (!user.living) return { active: false, reason: 'deprovisioned' };
    if (!this.#admitted(user)) return { active: false, reason: 'excluded' };
    if (user.attributes['active'] === false) return { active: false, reason: 'suspended' };
    return { active: true, reason: null };
  }

  views(): ModelViews {
    const accounts = [...new Set([...this.users.values()].map(({ account }) => account))].filter(
      (account) => account !== undefined,
    );
    return {
      accounts: accounts.map((account) => {
        const { active: _state, ...attributes } = account.user.attributes;
        const email = emailOf(attributes);
        return { account, scimId: account.user.id, ...this.#state(account), email, attributes };
      }),
      organizations: this.organizations.map((organization) => ({
        organization,
        archived: !organization.isDefault && !this.links.some((link) => link.organization === organization),
      })),
      members: accounts
        .filter((account) => this.#state(account).active)
        .flatMap((account) => this.#membershipsOf(account)),
    };
  }

  #membershipsOf(account: Account): ModelViews['members'] {
    const { user } = account;
    const groups = this.#groupsOf(user.id);
    const { roles = [], defaultRole = null, userRoles = 'ignored' } = this.#settings;
    const own = ((user.attributes['roles'] ?? []) as readonly { value?: string; display?: string }[])
      .flatMap(({ value, display }) => [value, display])
      .filter((text) => text !== undefined)
      .map((text) => declaredRole(this.#settings, text))
      .filter((role) => role !== undefined);
    return this.organizations.flatMap((organization) => {
      const giving = this.links.filter(
        (link) => link.organization === organization && groups.has(link.group),
      );
      if (giving.length === 0 && !organization.isDefault) return [];
      const candidates = giving.map(({ role }) => role);
      if (organization.isDefault) candidates.push(defaultRole);
      if (
        userRoles === 'everyOrganization' ||
        (userRoles === 'defaultOrganization' && organization.isDefault)
      )
        candidates.push(...own);
      const role = roles.map(({ name }) => name).findLast((name) => candidates.includes(name)) ?? null;
      const through = giving.map(({ group }) => group.id).sort();
      return [{ account, organization, role, groups: through }];
    });
  }
}

function withoutUndefined(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
