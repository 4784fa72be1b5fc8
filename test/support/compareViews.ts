/** The views against the model. Accounts and organizations keep the ids under which they were first seen. */
import { isDeepStrictEqual } from 'node:util';
import type { Account, ModelViews, Organization } from './provisioningModel.ts';
import type { Views } from './provisioningViews.ts';

export class Comparison {
  readonly #accounts = new Map<Account, string>();
  readonly #organizations = new Map<Organization, string>();

  /** The id of an organization that was seen in the views. */
  organizationId(organization: Organization): string {
    const id = this.#organizations.get(organization);
    if (id === undefined) throw new Error(`the organization ${organization.name} was never seen`);
    return id;
  }

  /** The id of an account that was seen in the views. */
  accountId(account: Account): string {
    const id = this.#accounts.get(account);
    if (id === undefined) throw new Error(`the account of ${account.user.id} was never seen`);
    return id;
  }

  /** @throws Error that says what the views show instead */
  check(expected: ModelViews, found: Views): void {
    for (const { account, scimId } of expected.accounts) {
      const row = found.accounts.find(({ scim_id }) => scim_id === scimId);
      if (row && !this.#accounts.has(account)) this.#accounts.set(account, row.account_id);
    }
    for (const { organization } of expected.organizations) {
      const row = found.organizations.find(
        ({ name, is_default }) => name === organization.name && is_default === organization.isDefault,
      );
      if (row && !this.#organizations.has(organization))
        this.#organizations.set(organization, row.organization_id);
    }
    unlike(
      'accounts',
      found.accounts,
      expected.accounts.map(({ account, scimId, active, reason, email, attributes }) => {
        const { givenName, familyName } = (attributes['name'] ?? {}) as Record<string, unknown>;
        return {
          account_id: this.#accounts.get(account),
          scim_id: scimId,
          active,
          reason,
          user_name: attributes['userName'],
          email,
          given_name: givenName ?? null,
          family_name: familyName ?? null,
          display_name: attributes['displayName'] ?? null,
          external_id: attributes['externalId'] ?? null,
          attributes,
        };
      }),
    );
    unlike(
      'organizations',
      found.organizations,
      expected.organizations.map(({ organization, archived }) => ({
        organization_id: this.#organizations.get(organization),
        name: organization.name,
        is_default: organization.isDefault,
        archived,
      })),
    );
    unlike(
      'organization_members',
      found.members,
      expected.members.map(({ account, organization, role, groups }) => ({
        organization_id: this.#organizations.get(organization),
        account_id: this.#accounts.get(account),
        role,
        group_ids: groups,
      })),
    );
  }
}

/** @throws Error with the rows that are only on one side, in whatever order they are */
export function unlike(what: string, found: readonly object[], expected: readonly object[]): void {
  const left = [...expected];
  const surplus = found.filter((row) => {
    const at = left.findIndex((one) => isDeepStrictEqual(one, row));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  if (surplus.length > 0 || left.length > 0)
    throw new Error(`${what}: there is ${JSON.stringify(surplus)} instead of ${JSON.stringify(left)}`);
}
