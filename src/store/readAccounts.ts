/** Accounts as the admin API shows them: what the view rollcall.accounts has, and those that wait to be seen there. */
import { sql } from 'kysely';
import type { Reason } from '../provisioning/effect.ts';
import { readMemberships, type Membership } from './readMemberships.ts';
import type { TenantScope } from './tenantScope.ts';
import { uuidOf } from './where/uuid.ts';

export interface Account {
  readonly id: string;
  readonly applicationId: string | null;
  readonly active: boolean;
  readonly reason: Reason | null;
  readonly userName: string | null;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly displayName: string | null;
  readonly externalId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly scimId: string | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly deprovisionedAt: Date | null;
  readonly purgeAt: Date | null;
}

/** Which accounts; those that meet every condition that is given. */
export interface AccountQuery {
  readonly userName?: string | undefined;
  readonly email?: string | undefined;
  readonly externalId?: string | undefined;
  readonly applicationId?: string | undefined;
  readonly active?: boolean | undefined;
  readonly reason?: Reason | undefined;
  /** The id of one that they belong to. */
  readonly organization?: string | undefined;
  /** The id of the account after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A page of accounts in the order in which they were made. */
export async function listAccounts(scope: TenantScope, query: AccountQuery): Promise<readonly Account[]> {
  const { tenantId } = scope;
  const { userName, email, externalId, applicationId, active, reason, organization, after } = query;
  let rows = accounts(scope).orderBy('a.id').limit(query.limit);
  if (userName !== undefined)
    rows = rows.where(sql<boolean>`lower(${sql.ref('a.user_name')}) = lower(${userName})`);
  if (email !== undefined) rows = rows.where(sql<boolean>`lower(${sql.ref('a.email')}) = lower(${email})`);
  if (applicationId !== undefined) rows = rows.where('a.application_id', '=', applicationId);
  if (active !== undefined) rows = rows.where('a.active', '=', active);
  if (reason !== undefined) rows = rows.where('a.reason', '=', reason);
  if (after !== undefined) rows = rows.where('a.id', '>', after);
  if (organization !== undefined) {
    rows = rows.where('a.id', 'in', (eb) =>
      eb
        .selectFrom('rollcall_data.organization_members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.organization_id', '=', organization)
        .select('m.account_id'),
    );
  }
  if (externalId !== undefined) {
    // Two branches, since the living and the deleted have an index each.
    const named = (deleted: 'is' | 'is not') =>
      scope.db
        .selectFrom('rollcall_data.resources as x')
        .where('x.tenant_id', '=', tenantId)
        .where('x.type', '=', 'User')
        .where('x.external_id', '=', externalId.normalize('NFC'))
        .where('x.deleted_at', deleted, null)
        .where('x.account_id', 'is not', null)
        .select('x.account_id');
    rows = rows
      .where('a.id', 'in', named('is').unionAll(named('is not')))
      .where('r.external_id', '=', externalId.normalize('NFC'));
  }
  return rows.execute();
}

/** @returns undefined when there is no account of that id; any text may be given as id */
export async function findAccount(
  scope: TenantScope,
  id: string,
): Promise<(Account & { readonly organizations: readonly Membership[] }) | undefined> {
  const uuid = uuidOf(id);
  if (uuid === undefined) return undefined;
  const account = await accounts(scope).where('a.id', '=', uuid).executeTakeFirst();
  return account && { ...account, organizations: await readMemberships(scope, uuid) };
}

function accounts({ db, tenantId }: TenantScope) {
  const shown = sql`coalesce(${sql.ref('a.frozen')}, ${sql.ref('r.attributes')})`;
  const settings = sql.ref('t.provisioning');
  return db
    .selectFrom('rollcall_data.accounts as a')
    .innerJoin('rollcall_data.tenants as t', (on) => on.on('t.id', '=', tenantId))
    .leftJoin('rollcall_data.resources as r', (on) =>
      on
        .on('r.tenant_id', '=', tenantId)
        .onRef('r.id', '=', 'a.resource_id')
        .onRef('r.account_id', '=', 'a.id'),
    )
    .where('a.tenant_id', '=', tenantId)
    .select([
      'a.id',
      'a.application_id as applicationId',
      'a.active',
      'a.reason',
      'a.user_name as userName',
      'a.email',
      sql<boolean>`(${sql.ref('a.email')} is not null and coalesce(${settings} -> 'verifiedDomains'
        ? lower(substring(${sql.ref('a.email')} from '@([^@]*)$')), false))`.as('emailVerified'),
      sql<string | null>`${shown} -> 'name' ->> 'givenName'`.as('givenName'),
      sql<string | null>`${shown} -> 'name' ->> 'familyName'`.as('familyName'),
      sql<string | null>`${shown} ->> 'displayName'`.as('displayName'),
      sql<string | null>`${shown} ->> 'externalId'`.as('externalId'),
      sql<Record<string, unknown>>`${shown} - 'active'`.as('attributes'),
      'r.id as scimId',
      'a.created_at as createdAt',
      'a.modified_at as modifiedAt',
      'a.deprovisioned_at as deprovisionedAt',
      sql<Date | null>`${sql.ref('a.deprovisioned_at')}
        + make_interval(days => (${settings} ->> 'retentionDays')::int)`.as('purgeAt'),
    ]);
}
