/** Organizations and their members as the admin API shows them. */
import { sql } from 'kysely';
import { fold } from '../scim/schema/fold.ts';
import { type GivingGroup, readGroupNames } from './readGroupNames.ts';
import type { TenantScope } from './tenantScope.ts';
import { uuidOf } from './where/uuid.ts';

export interface Organization {
  readonly id: string;
  readonly applicationId: string | null;
  readonly name: string;
  readonly isDefault: boolean;
  readonly archived: boolean;
  readonly archivedAt: Date | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
}

export interface OrganizationQuery {
  /** Without regard to case. */
  readonly name?: string | undefined;
  readonly archived?: boolean | undefined;
  /** The id of the organization after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface OrganizationMember {
  readonly accountId: string;
  readonly applicationId: string | null;
  readonly userName: string | null;
  readonly email: string | null;
  readonly role: string | null;
  readonly groups: readonly GivingGroup[];
}

export interface MemberQuery {
  readonly role?: string | undefined;
  /** The id of the account after which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A page of organizations in the order in which they were made. */
export async function listOrganizations(
  scope: TenantScope,
  { name, archived, after, limit }: OrganizationQuery,
): Promise<readonly Organization[]> {
  let rows = organizations(scope).orderBy('o.id').limit(limit);
  if (name !== undefined) rows = rows.where('o.key', '=', fold(name));
  if (archived !== undefined) rows = rows.where('o.archived_at', archived ? 'is not' : 'is', null);
  if (after !== undefined) rows = rows.where('o.id', '>', after);
  return rows.execute();
}

/** @returns undefined when there is no organization of that id; any text may be given as id */
export async function findOrganization(scope: TenantScope, id: string): Promise<Organization | undefined> {
  const uuid = uuidOf(id);
  return uuid === undefined ? undefined : organizations(scope).where('o.id', '=', uuid).executeTakeFirst();
}

/** A page of an organization's members, in the order in which their accounts were made. */
export async function listMembers(
  scope: TenantScope,
  organizationId: string,
  { role, after, limit }: MemberQuery,
): Promise<readonly OrganizationMember[]> {
  const { db, tenantId } = scope;
  let page = db
    .selectFrom('rollcall_data.organization_members as m')
    .innerJoin('rollcall_data.accounts as a', (on) =>
      on.on('a.tenant_id', '=', tenantId).onRef('a.id', '=', 'm.account_id'),
    )
    .where('m.tenant_id', '=', tenantId)
    .where('m.organization_id', '=', organizationId)
    .orderBy('m.account_id')
    .limit(limit)
    .select(['m.account_id', 'm.role', 'm.group_ids', 'a.application_id', 'a.user_name', 'a.email']);
  if (role !== undefined) page = page.where('m.role', '=', role);
  // Of both, since the planner does not carry it from one to the other.
  if (after !== undefined) page = page.where('m.account_id', '>', after).where('a.id', '>', after);
  const rows = await page.execute();
  const named = await readGroupNames(
    scope,
    rows.flatMap(({ group_ids }) => group_ids),
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    applicationId: row.application_id,
    userName: row.user_name,
    email: row.email,
    role: row.role,
    groups: named(row.group_ids),
  }));
}

function organizations({ db, tenantId }: TenantScope) {
  return db
    .selectFrom('rollcall_data.organizations as o')
    .where('o.tenant_id', '=', tenantId)
    .select([
      'o.id',
      'o.application_id as applicationId',
      'o.name',
      'o.is_default as isDefault',
      sql<boolean>`${sql.ref('o.archived_at')} is not null`.as('archived'),
      'o.archived_at as archivedAt',
      'o.created_at as createdAt',
      'o.modified_at as modifiedAt',
    ]);
}
