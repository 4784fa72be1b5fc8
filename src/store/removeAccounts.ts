/** Removing accounts for good, with everything that says who they were. */
import { sql } from 'kysely';
import type { Actor } from '../provisioning/effect.ts';
import { scrubExchanges } from './scrubExchanges.ts';
import type { TenantScope } from './tenantScope.ts';

/** Why they are removed, and what the feed calls it. */
export interface Removal {
  readonly kind: 'account.erased' | 'account.purged';
  readonly actor: Actor;
  readonly at: Date;
  readonly requestId: string;
}

/**
 * Removes accounts whose rows are locked: their memberships, their resources, living or deleted, and what the feed, the
 * holds and the provisioning log keep of them. One change for each stays, which holds nothing but the account's id.
 * What is read and written depends on the groups they are in, and not on who else is.
 */
export async function removeAccounts(
  scope: TenantScope,
  accountIds: readonly string[],
  removal: Removal,
): Promise<void> {
  const { db, tenantId } = scope;
  const these = sql<string>`any(${accountIds}::uuid[])`;
  const persons = await personsOf(scope, accountIds);
  const resources = sql<string>`any(${persons.resourceIds}::uuid[])`;

  await endMemberships(scope, accountIds, removal);
  await leaveGroups(scope, persons.resourceIds, removal.at);
  const requests = await forgetInFeed(scope, accountIds, persons.resourceIds);
  await db
    .deleteFrom('rollcall_data.held_effects')
    .where('tenant_id', '=', tenantId)
    .where('account_id', '=', these)
    .execute();
  await db
    .deleteFrom('rollcall_data.passwords')
    .where('tenant_id', '=', tenantId)
    .where('resource_id', '=', resources)
    .execute();
  await db
    .deleteFrom('rollcall_data.accounts')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', these)
    .execute();
  await db
    .deleteFrom('rollcall_data.resources')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', resources)
    .execute();
  await scrubExchanges(scope, requests, [...persons.resourceIds, ...persons.names]);
  await db
    .insertInto('rollcall_data.changes')
    .values(
      accountIds.map((id) => ({
        tenant_id: tenantId,
        at: removal.at,
        kind: removal.kind,
        actor: removal.actor,
        resource_type: null,
        resource_id: null,
        version: null,
        account_id: id,
        token_id: null,
        request_id: removal.requestId,
      })),
    )
    .execute();
}

/** The resources that ever spoke for the accounts, and what they were called. */
async function personsOf({ db, tenantId }: TenantScope, accountIds: readonly string[]) {
  const own = await db
    .selectFrom('rollcall_data.accounts as a')
    .where('a.tenant_id', '=', tenantId)
    .where('a.id', '=', sql<string>`any(${accountIds}::uuid[])`)
    .select(['a.resource_id', 'a.user_name', 'a.email', 'a.frozen'])
    .execute();
  const current = own.flatMap(({ resource_id }) => resource_id ?? []);
  const rows = await db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where((eb) =>
      eb.or([
        eb('r.id', '=', sql<string>`any(${current}::uuid[])`),
        eb.and([
          eb('r.account_id', '=', sql<string>`any(${accountIds}::uuid[])`),
          eb('r.deleted_at', 'is not', null),
        ]),
      ]),
    )
    .select(['r.id', 'r.attributes'])
    .execute();
  const documents = [...rows.map(({ attributes }) => attributes), ...own.map(({ frozen }) => frozen ?? {})];
  const names = [
    ...own.flatMap(({ user_name, email }) => [user_name, email]),
    ...documents.flatMap(({ userName, externalId, emails }) => [
      userName,
      externalId,
      ...(Array.isArray(emails) ? emails.map((email: { value?: unknown } | null) => email?.value) : []),
    ]),
  ].filter((name): name is string => typeof name === 'string' && name !== '');
  return { resourceIds: rows.map(({ id }) => id), names: [...new Set(names)] };
}

/** The feed tells of the memberships that end, by organization and by what they were. */
async function endMemberships(
  { db, tenantId }: TenantScope,
  accountIds: readonly string[],
  { actor, at, requestId }: Removal,
): Promise<void> {
  await db
    .with('ended', (qb) =>
      qb
        .deleteFrom('rollcall_data.organization_members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.account_id', '=', sql<string>`any(${accountIds}::uuid[])`)
        .returning(['m.organization_id', 'm.account_id', 'm.role', 'm.group_ids']),
    )
    .insertInto('rollcall_data.changes')
    .columns([
      ...(['tenant_id', 'at', 'kind', 'actor', 'organization_id'] as const),
      ...(['account_ids', 'before', 'request_id'] as const),
    ])
    .expression((eb) =>
      eb
        .selectFrom('ended')
        .groupBy(['ended.organization_id', 'ended.role', 'ended.group_ids'])
        .select((own) => [
          own.val(tenantId).as('tenant_id'),
          sql<Date>`${at}::timestamptz`.as('at'),
          sql<string>`'members.removed'`.as('kind'),
          sql<Actor>`${actor}::text`.as('actor'),
          'ended.organization_id',
          sql<string[]>`array_agg(${own.ref('ended.account_id')} order by ${own.ref('ended.account_id')})`.as(
            'account_ids',
          ),
          sql<string>`jsonb_build_object('role', ${own.ref('ended.role')}, 'groups', to_jsonb(${own.ref('ended.group_ids')}))`.as(
            'before',
          ),
          sql<string>`${requestId}::text`.as('request_id'),
        ]),
    )
    .execute();
}

/** The version of the groups that lose them goes up (A8.03), once however many they lose. */
async function leaveGroups(
  { db, tenantId }: TenantScope,
  resourceIds: readonly string[],
  now: Date,
): Promise<void> {
  await db
    .with('left_groups', (qb) =>
      qb
        .deleteFrom('rollcall_data.members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.member_id', '=', sql<string>`any(${resourceIds}::uuid[])`)
        .returning('m.group_id'),
    )
    .updateTable('rollcall_data.resources as g')
    .set({ version: sql`${sql.ref('g.version')} + 1`, modified_at: now })
    .where('g.tenant_id', '=', tenantId)
    .where('g.id', 'in', (eb) => eb.selectFrom('left_groups').select('group_id'))
    .execute();
}

/** @returns the requests that were about them */
async function forgetInFeed(
  { db, tenantId }: TenantScope,
  accountIds: readonly string[],
  resourceIds: readonly string[],
): Promise<readonly string[]> {
  const told = db
    .updateTable('rollcall_data.changes as c')
    .set({ before: null, after: null })
    .where('c.tenant_id', '=', tenantId)
    .where((eb) => eb.or([eb('c.before', 'is not', null), eb('c.after', 'is not', null)]))
    .returning('c.request_id');
  const rows = [
    ...(await told.where('c.account_id', '=', sql<string>`any(${accountIds}::uuid[])`).execute()),
    ...(await told
      .where('c.account_id', 'is', null)
      .where('c.resource_id', '=', sql<string>`any(${resourceIds}::uuid[])`)
      .execute()),
  ];
  return [...new Set(rows.map(({ request_id }) => request_id))];
}
