/**
 * An application that knows nothing but the feed, and keeps accounts, organizations and memberships by it. It refuses
 * what cannot be: a change that does not begin where the last one ended was made twice, or one was lost.
 */
import { isDeepStrictEqual } from 'node:util';
import { emailOf } from './modelRules.ts';
import type { AccountRow, ChangeRow, MemberRow, OrganizationRow } from './provisioningViews.ts';

interface Person {
  scimId: string;
  active: unknown;
  reason: unknown;
  attributes: Record<string, unknown>;
}

type Body = Readonly<Record<string, unknown>>;

export interface Replayed {
  readonly accounts: readonly AccountRow[];
  readonly organizations: readonly Omit<OrganizationRow, 'is_default'>[];
  readonly members: readonly MemberRow[];
}

export class FeedReader {
  readonly #people = new Map<string, Person>();
  readonly #organizations = new Map<string, { name: string; archived: boolean }>();
  readonly #members = new Map<string, MemberRow>();
  #position = '0';

  /** What has been read. */
  get position(): string {
    return this.#position;
  }

  /** @throws Error for a change that does not follow from those before it */
  read(changes: readonly ChangeRow[]): void {
    for (const change of changes) {
      try {
        if (BigInt(change.position) <= BigInt(this.#position)) throw new Error('it was there before');
        this.#apply(change);
      } catch (error) {
        throw new Error(`${(error as Error).message}: ${JSON.stringify(change)}`, { cause: error });
      }
      this.#position = change.position;
    }
  }

  #apply(change: ChangeRow): void {
    const [about, what] = change.kind.split('.') as [string, string];
    if (about === 'account') this.#account(what, change);
    else if (about === 'members') this.#membership(what, change);
    else if (about === 'organization') this.#organization(what, change);
    else if (!['resource', 'hold', 'effects'].includes(about)) throw new Error('a change of an unknown kind');
  }

  #account(what: string, { account_id, resource_id, before, after }: ChangeRow): void {
    const id = given(account_id, 'account_id');
    if (what === 'erased' || what === 'purged') {
      if (!this.#people.delete(id)) throw new Error('nobody is there to go');
      for (const [key, member] of this.#members) if (member.account_id === id) this.#members.delete(key);
      return;
    }
    if (what === 'created') {
      if (this.#people.has(id)) throw new Error('the person is there already');
      const { active, reason, ...attributes } = given(after, 'after');
      this.#people.set(id, { scimId: given(resource_id, 'resource_id'), active, reason, attributes });
      return;
    }
    const person = given(this.#people.get(id), 'person');
    const isAnother = resource_id !== null && resource_id !== person.scimId;
    if (resource_id) person.scimId = resource_id;
    const was: Body = before ?? {};
    const is: Body = after ?? {};
    if (isDeepStrictEqual(was, is) && !isAnother) throw new Error('nothing changes');
    const now = { ...person.attributes, active: person.active, reason: person.reason };
    for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
      if (!isDeepStrictEqual(was[name] ?? null, (now as Body)[name] ?? null))
        throw new Error(`${name} was ${JSON.stringify((now as Body)[name])} before`);
      if (name === 'active') person.active = is[name];
      else if (name === 'reason') person.reason = is[name] ?? null;
      else if (is[name] === undefined || is[name] === null) delete person.attributes[name];
      else person.attributes[name] = is[name];
    }
  }

  #membership(what: string, { organization_id, account_ids, before, after }: ChangeRow): void {
    const organization = given(organization_id, 'organization_id');
    if (!this.#organizations.has(organization)) throw new Error('the organization is not known');
    const accounts = given(account_ids, 'account_ids');
    if (accounts.length === 0 || accounts.length > 1000) throw new Error('not 1 to 1,000 accounts');
    if ((what === 'added') !== (before === null) || (what === 'removed') !== (after === null))
      throw new Error('before and after do not go with the kind');
    for (const account of accounts) {
      const key = `${organization} ${account}`;
      const there = this.#members.get(key);
      const was = there && { role: there.role, groups: there.group_ids };
      if (!isDeepStrictEqual(was ?? null, before)) throw new Error(`it was ${JSON.stringify(was)} before`);
      if (after && isDeepStrictEqual(was, after)) throw new Error('nothing changes');
      if (!after) this.#members.delete(key);
      else
        this.#members.set(key, {
          organization_id: organization,
          account_id: account,
          role: after['role'] as string | null,
          group_ids: after['groups'] as string[],
        });
    }
  }

  #organization(what: string, { organization_id, after }: ChangeRow): void {
    const id = given(organization_id, 'organization_id');
    const there = this.#organizations.get(id);
    if ((what === 'created') !== (there === undefined)) throw new Error('it is there already, or not yet');
    if ((what === 'archived' && there?.archived) || (what === 'restored' && !there?.archived))
      throw new Error('nothing changes');
    const archived = what === 'archived' || (what === 'renamed' && there?.archived === true);
    const name = (after?.['name'] as string | undefined) ?? there?.name;
    this.#organizations.set(id, { name: given(name, 'name'), archived });
  }

  /** What it has by now, as the views would show it. */
  views(): Replayed {
    return {
      accounts: [...this.#people]
        .map(([account_id, { scimId, active, reason, attributes }]) => {
          const name = attributes['name'] as { givenName?: string; familyName?: string } | undefined;
          return {
            account_id,
            scim_id: scimId,
            active: active as boolean,
            reason: reason as string | null,
            user_name: text(attributes['userName']),
            email: emailOf(attributes),
            given_name: text(name?.givenName),
            family_name: text(name?.familyName),
            display_name: text(attributes['displayName']),
            external_id: text(attributes['externalId']),
            attributes,
          };
        })
        .sort((one, other) => (one.account_id < other.account_id ? -1 : 1)),
      organizations: [...this.#organizations]
        .map(([organization_id, row]) => ({ organization_id, ...row }))
        .sort((one, other) => (one.organization_id < other.organization_id ? -1 : 1)),
      members: [...this.#members.values()].sort((one, other) =>
        one.organization_id + one.account_id < other.organization_id + other.account_id ? -1 : 1,
      ),
    };
  }
}

function given<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`no ${what}`);
  return value;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
