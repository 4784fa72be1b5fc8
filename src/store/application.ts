/** What the application acts on, as the admin API reads and corrects it: every error in this program's words. */
import type { Connection } from './connection.ts';
import { type Erasure, eraseAccount } from './eraseAccount.ts';
import { retrying } from './errors.ts';
import { makeOrganization, type NewOrganization } from './makeOrganization.ts';
import { nameForApplication } from './nameForApplication.ts';
import type { Origin } from './origin.ts';
import { purgeAccounts, type Purge } from './purgeAccounts.ts';
import { type Account, type AccountQuery, findAccount, listAccounts } from './readAccounts.ts';
import { type ChangePage, type ChangeQuery, readChanges } from './readChanges.ts';
import type { Membership } from './readMemberships.ts';
import {
  findOrganization,
  listMembers,
  listOrganizations,
  type MemberQuery,
  type Organization,
  type OrganizationMember,
  type OrganizationQuery,
} from './readOrganizations.ts';
import { type HoldShown, readHeldEffects, readHolds } from './readHolds.ts';
import { readLinks } from './readLinks.ts';
import type { Registries } from './registries.ts';
import type { TenantScope } from './tenantScope.ts';

export interface ApplicationStore {
  readonly accounts: {
    list(tenantId: string, query: AccountQuery): Promise<readonly Account[]>;
    find(
      tenantId: string,
      id: string,
    ): Promise<(Account & { readonly organizations: readonly Membership[] }) | undefined>;
    /** @returns whether there is such an account @throws ScimError 409 */
    name(tenantId: string, id: string, applicationId: string | null): Promise<boolean>;
    /** @returns whether there was such an account */
    erase(tenantId: string, id: string, erasure: Erasure): Promise<boolean>;
    /** @returns how many leavers were removed */
    purge(tenantId: string, purge: Purge): Promise<number>;
  };
  readonly organizations: {
    list(tenantId: string, query: OrganizationQuery): Promise<readonly Organization[]>;
    find(tenantId: string, id: string): Promise<Organization | undefined>;
    members(tenantId: string, id: string, query: MemberQuery): Promise<readonly OrganizationMember[]>;
    /** @throws ScimError 409 */
    make(tenantId: string, organization: NewOrganization, origin: Origin): Promise<void>;
    /** @returns whether there is such an organization @throws ScimError 409 */
    name(tenantId: string, id: string, applicationId: string | null): Promise<boolean>;
  };
  readonly links: {
    list(tenantId: string, query: Parameters<typeof readLinks>[1]): ReturnType<typeof readLinks>;
  };
  readonly holds: {
    list(tenantId: string, query: Parameters<typeof readHolds>[1]): Promise<readonly HoldShown[]>;
    find(tenantId: string, id: string): Promise<HoldShown | undefined>;
    effects(
      tenantId: string,
      id: string,
      query: Parameters<typeof readHeldEffects>[2],
    ): ReturnType<typeof readHeldEffects>;
  };
  readonly changes: {
    read(tenantId: string, query: ChangeQuery): Promise<ChangePage>;
  };
}

const ATTEMPTS = 3;

/** @param registryOf knows which attributes of a tenant's resources refer to people */
export function applicationStore(connection: Connection, registryOf: Registries): ApplicationStore {
  const scopeOf = (tenantId: string): TenantScope => ({ db: connection.forTenant(tenantId), tenantId });
  const reading = <T>(tenantId: string, read: (scope: TenantScope) => Promise<T>): Promise<T> =>
    retrying(() => read(scopeOf(tenantId)), ATTEMPTS, 'read');
  const writing = <T>(tenantId: string, write: (scope: TenantScope) => Promise<T>): Promise<T> =>
    retrying(() => write(scopeOf(tenantId)), ATTEMPTS, 'write');
  return {
    accounts: {
      list: (tenantId, query) => reading(tenantId, (scope) => listAccounts(scope, query)),
      find: (tenantId, id) => reading(tenantId, (scope) => findAccount(scope, id)),
      name: (tenantId, id, applicationId) =>
        writing(tenantId, (scope) => nameForApplication(scope, 'account', id, applicationId)),
      erase: async (tenantId, id, erasure) => {
        const { schemas_version: schemasVersion } = await connection.db
          .selectFrom('rollcall_data.tenants')
          .where('id', '=', tenantId)
          .select('schemas_version')
          .executeTakeFirstOrThrow();
        const { byName } = await registryOf({ tenantId, schemasVersion });
        return writing(tenantId, (scope) =>
          scope.db
            .transaction()
            .execute((transaction) => eraseAccount({ db: transaction, tenantId, byName }, id, erasure)),
        );
      },
      purge: (tenantId, purge) => writing(tenantId, (scope) => purgeAccounts(scope, purge)),
    },
    organizations: {
      list: (tenantId, query) => reading(tenantId, (scope) => listOrganizations(scope, query)),
      find: (tenantId, id) => reading(tenantId, (scope) => findOrganization(scope, id)),
      members: (tenantId, id, query) => reading(tenantId, (scope) => listMembers(scope, id, query)),
      make: (tenantId, organization, origin) =>
        writing(tenantId, (scope) => makeOrganization(scope, organization, origin)),
      name: (tenantId, id, applicationId) =>
        writing(tenantId, (scope) => nameForApplication(scope, 'organization', id, applicationId)),
    },
    links: {
      list: (tenantId, query) => reading(tenantId, (scope) => readLinks(scope, query)),
    },
    holds: {
      list: (tenantId, query) => reading(tenantId, (scope) => readHolds(scope, query)),
      find: async (tenantId, id) => {
        const [hold] = await reading(tenantId, (scope) => readHolds(scope, { limit: 1, id }));
        return hold;
      },
      effects: (tenantId, id, query) => reading(tenantId, (scope) => readHeldEffects(scope, id, query)),
    },
    changes: { read: (tenantId, query) => reading(tenantId, (scope) => readChanges(scope, query)) },
  };
}
