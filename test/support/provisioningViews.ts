/** What the application reads of a tenant: the four views, and the feed as far as it has settled. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

export interface AccountRow {
  readonly account_id: string;
  readonly scim_id: string;
  readonly active: boolean;
  readonly reason: string | null;
  readonly user_name: string | null;
  readonly email: string | null;
  readonly given_name: string | null;
  readonly family_name: string | null;
  readonly display_name: string | null;
  readonly external_id: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface OrganizationRow {
  readonly organization_id: string;
  readonly name: string;
  readonly is_default: boolean;
  readonly archived: boolean;
}

export interface MemberRow {
  readonly organization_id: string;
  readonly account_id: string;
  readonly role: string | null;
  readonly group_ids: readonly string[];
}

export interface ChangeRow {
  readonly position: string;
  readonly kind: string;
  readonly account_id: string | null;
  readonly organization_id: string | null;
  readonly account_ids: readonly string[] | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly paths: readonly string[];
  readonly resource_type: string | null;
  readonly resource_id: string | null;
  readonly hold_id: string | null;
  readonly actor: string;
  readonly token_id: string | null;
  readonly request_id: string;
}

export interface Views {
  readonly accounts: readonly AccountRow[];
  readonly organizations: readonly OrganizationRow[];
  readonly members: readonly MemberRow[];
}

type Pool = Pick<pg.Pool, 'query'>;

const ACCOUNTS = `select account_id, scim_id, active, reason, user_name, email, given_name, family_name, display_name,
  external_id, attributes from rollcall.accounts where tenant_id = $1 order by account_id`;
const ORGANIZATIONS = `select organization_id, name, is_default, archived from rollcall.organizations
  where tenant_id = $1 order by organization_id`;
const MEMBERS = `select organization_id, account_id, role, group_ids from rollcall.organization_members
  where tenant_id = $1 order by organization_id, account_id`;
// Ordered by the number, not by the text that the column of this name has become.
const CHANGES = `select position::text, kind, account_id, organization_id, account_ids, before, after, paths,
  resource_type, resource_id, hold_id, actor, token_id, request_id
  from rollcall.changes as c where tenant_id = $1 and position > $2 order by c.position`;
const LAST = 'select max(position)::text as last from rollcall_data.changes where tenant_id = $1';

export async function readViews(pool: Pool, tenantId: string): Promise<Views> {
  return {
    accounts: (await pool.query(ACCOUNTS, [tenantId])).rows as AccountRow[],
    organizations: (await pool.query(ORGANIZATIONS, [tenantId])).rows as OrganizationRow[],
    members: (await pool.query(MEMBERS, [tenantId])).rows as MemberRow[],
  };
}

/** What the feed tells beyond a position. Somebody else's open transaction can keep the end of it back for a moment. */
export async function readFeed(pool: Pool, tenantId: string, after = '0'): Promise<ChangeRow[]> {
  for (;;) {
    const { rows: last } = await pool.query(LAST, [tenantId]);
    const { rows } = await pool.query(CHANGES, [tenantId, after]);
    const feed = rows as ChangeRow[];
    const end = (last as { last: string | null }[])[0]?.last ?? after;
    if (BigInt(feed.at(-1)?.position ?? after) >= BigInt(end)) return feed;
    await sleep(5);
  }
}

/** `userName`, or `userName: reason`, for each account; sorted. */
export function accountLines({ accounts }: Views): string[] {
  return accounts
    .map(({ user_name, reason }) => (reason ? `${user_name}: ${reason}` : String(user_name)))
    .sort();
}

/** `organization: userName role` for each membership, `organization (archived)` for those that are; sorted. */
export function membershipLines({ accounts, organizations, members }: Views): string[] {
  const names = new Map(organizations.map(({ organization_id, name }) => [organization_id, name]));
  const people = new Map(accounts.map(({ account_id, user_name }) => [account_id, user_name]));
  const archived = organizations.filter((organization) => organization.archived);
  return [
    ...members.map(({ organization_id, account_id, role }) =>
      `${names.get(organization_id)}: ${people.get(account_id)} ${role ?? ''}`.trim(),
    ),
    ...archived.map(({ name }) => `${name} (archived)`),
  ].sort();
}
