/** New resources, with the account of whom they speak for. */
import { sql } from 'kysely';
import type { Reason } from '../provisioning/effect.ts';
import type { Document } from '../scim/resource/document.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { type Origin, originColumns } from './origin.ts';
import type { Scope } from './readResources.ts';
import { type AccountColumns, accountColumns, type DocumentColumns, documentColumns } from './row.ts';
import { statement } from './statement.ts';
import { run } from './tenantScope.ts';

export interface NewResource {
  readonly id: string;
  readonly document: Document;
  /** Whether another resource of the type may have the same key. */
  readonly twin: boolean;
  /** The strongest declared role among the user's own; null where there is none or the tenant does not heed them. */
  readonly ownRole: string | null;
}

/** Whom a new resource speaks for. */
export interface NewAccount {
  readonly id: string;
  readonly active: boolean;
  /** In the default organization. */
  readonly role: string | null;
}

interface Inserting extends DocumentColumns, AccountColumns {
  readonly id: string;
  readonly type: string;
  readonly twin: string;
  readonly own_role: string | null;
  readonly account_id: string;
  readonly account_active: boolean;
  readonly reason: Reason | null;
  readonly role: string | null;
  readonly paths: string[];
  readonly after: string;
  readonly at: Date;
  readonly actor: Origin['actor'];
  readonly token_id: string | null;
  readonly request_id: string;
}

const insertingWithAccount = statement<Inserting, { id: string }>(({ db, tenantId, slot }) => {
  const at = sql<Date>`${slot('at')}::timestamptz`;
  const actor = sql<Origin['actor']>`${slot('actor')}::text`;
  const tokenId = sql<string | null>`${slot('token_id')}::uuid`;
  const requestId = sql<string>`${slot('request_id')}::text`;
  return db
    .with('resource', (qb) =>
      qb
        .insertInto('rollcall_data.resources')
        .columns([
          ...(['tenant_id', 'id', 'type', 'account_id', 'key', 'external_id', 'active'] as const),
          ...(['attributes', 'folded', 'own_role', 'created_at', 'modified_at', 'twin'] as const),
        ])
        .expression((eb) => {
          const gone = (column: 'r.key' | 'r.external_id', value: string | null) =>
            eb.exists(
              eb
                .selectFrom('rollcall_data.resources as r')
                .where('r.tenant_id', '=', tenantId)
                .where('r.type', '=', slot('type'))
                .where(column, '=', value)
                .where('r.deleted_at', 'is not', null)
                .where('r.account_id', 'is not', null)
                .select(sql<number>`1`.as('one')),
            );
          return qb
            .selectNoFrom((own) => [
              own.val(tenantId).as('tenant_id'),
              sql<string>`${slot('id')}::uuid`.as('id'),
              sql<string>`${slot('type')}::text`.as('type'),
              sql<string>`${slot('account_id')}::uuid`.as('account_id'),
              sql<string | null>`${slot('key')}::text`.as('key'),
              sql<string | null>`${slot('external_id')}::text`.as('external_id'),
              sql<boolean>`${slot('active')}::boolean`.as('active'),
              sql<string>`${slot('attributes')}::jsonb`.as('attributes'),
              sql<string>`${slot('folded')}::jsonb`.as('folded'),
              sql<string | null>`${slot('own_role')}::text`.as('own_role'),
              at.as('created_at'),
              at.as('modified_at'),
              sql<string>`${slot('twin')}::uuid`.as('twin'),
            ])
            .where(eb.not(gone('r.key', slot('key'))))
            .where(eb.not(gone('r.external_id', slot('external_id'))));
        })
        .returning('id'),
    )
    .with('account', (qb) =>
      qb
        .insertInto('rollcall_data.accounts')
        .columns([
          ...(['tenant_id', 'id', 'resource_id', 'active', 'reason', 'user_name', 'email'] as const),
          ...(['created_at', 'modified_at'] as const),
        ])
        .expression((eb) =>
          eb
            .selectFrom('resource as r')
            .select((own) => [
              own.val(tenantId).as('tenant_id'),
              sql<string>`${slot('account_id')}::uuid`.as('id'),
              own.ref('r.id').as('resource_id'),
              sql<boolean>`${slot('account_active')}::boolean`.as('active'),
              sql<Reason | null>`${slot('reason')}::text`.as('reason'),
              sql<string | null>`${slot('user_name')}::text`.as('user_name'),
              sql<string | null>`${slot('email')}::text`.as('email'),
              at.as('created_at'),
              at.as('modified_at'),
            ]),
        )
        .returning('id'),
    )
    .with('membership', (qb) =>
      qb
        .insertInto('rollcall_data.organization_members')
        .columns(['tenant_id', 'organization_id', 'account_id', 'role'])
        .expression((eb) =>
          eb
            .selectFrom('resource as r')
            .innerJoin('rollcall_data.organizations as o', (on) =>
              on.on('o.tenant_id', '=', tenantId).on('o.is_default', '=', true),
            )
            .where(sql<boolean>`${slot('account_active')}::boolean`)
            .select((own) => [
              own.val(tenantId).as('tenant_id'),
              own.ref('o.id').as('organization_id'),
              sql<string>`${slot('account_id')}::uuid`.as('account_id'),
              sql<string | null>`${slot('role')}::text`.as('role'),
            ]),
        )
        .returning(['organization_id', 'role']),
    )
    .with('told', (qb) =>
      qb
        .insertInto('rollcall_data.changes')
        .columns([
          ...(['tenant_id', 'at', 'actor', 'token_id', 'request_id', 'kind', 'resource_type'] as const),
          ...(['resource_id', 'version', 'account_id', 'paths', 'after'] as const),
        ])
        .expression((eb) =>
          eb
            .selectFrom('resource as r')
            .select((own) => [
              own.val(tenantId).as('tenant_id'),
              at.as('at'),
              actor.as('actor'),
              tokenId.as('token_id'),
              requestId.as('request_id'),
              sql<string>`'account.created'`.as('kind'),
              sql<string>`${slot('type')}::text`.as('resource_type'),
              own.ref('r.id').as('resource_id'),
              sql<number>`1`.as('version'),
              sql<string>`${slot('account_id')}::uuid`.as('account_id'),
              sql<string[]>`${slot('paths')}::text[]`.as('paths'),
              sql<string>`${slot('after')}::jsonb`.as('after'),
            ]),
        )
        .returning('seq'),
    )
    .with('told_membership', (qb) =>
      qb
        .insertInto('rollcall_data.changes')
        .columns([
          ...(['tenant_id', 'at', 'actor', 'token_id', 'request_id', 'kind'] as const),
          ...(['organization_id', 'account_ids', 'after'] as const),
        ])
        .expression((eb) =>
          eb
            .selectFrom('membership as m')
            // After the account's own row, whose number it takes this to know.
            .innerJoin('told', (on) => on.onTrue())
            .select((own) => [
              own.val(tenantId).as('tenant_id'),
              at.as('at'),
              actor.as('actor'),
              tokenId.as('token_id'),
              requestId.as('request_id'),
              sql<string>`'members.added'`.as('kind'),
              own.ref('m.organization_id').as('organization_id'),
              sql<string[]>`array[${slot('account_id')}::uuid]`.as('account_ids'),
              sql<string>`jsonb_build_object('role', ${sql.ref('m.role')}, 'groups', '[]'::jsonb)`.as(
                'after',
              ),
            ]),
        )
        .returning('seq'),
    )
    .selectFrom('resource')
    .select('id');
});

/**
 * Inserts a resource, its new account, its membership of the default organization and their changes, in one statement.
 * @returns false, and does nothing, when there is a leaver of the same userName or externalId, who may be returning
 */
export async function insertWithAccount(
  scope: Scope,
  type: ResourceType,
  { id, document, twin, ownRole }: NewResource,
  account: NewAccount,
  origin: Origin,
): Promise<boolean> {
  const reason = account.active ? null : 'suspended';
  const [inserted] = await run(scope, insertingWithAccount, {
    ...documentColumns(type, document),
    ...accountColumns(document),
    id,
    type: type.name,
    twin: twin ? id : NO_TWIN,
    own_role: ownRole,
    account_id: account.id,
    account_active: account.active,
    reason,
    role: account.role,
    paths: Object.keys(document),
    after: JSON.stringify({ ...document, active: account.active, reason }),
    at: origin.at,
    actor: origin.actor,
    token_id: origin.tokenId,
    request_id: origin.requestId,
  });
  return inserted !== undefined;
}

const NO_TWIN = '00000000-0000-0000-0000-000000000000';

/** Whom a new resource is to speak for. */
export interface SpokenFor {
  readonly id: string;
  /** Of a leaver who returns. */
  readonly returning?: {
    /** The attributes they left with. */
    readonly document: Document;
    /** Whether nothing else will tell that another resource speaks for them now. */
    readonly tell: boolean;
  };
}

/**
 * Inserts a resource; what it means for accounts is settled afterwards.
 * @param account whom it speaks for: somebody new, or a leaver who returns; undefined for nobody
 */
export async function insertResource(
  scope: Scope,
  type: ResourceType,
  resource: NewResource,
  account: SpokenFor | undefined,
  origin: Origin,
): Promise<void> {
  const { id, document } = resource;
  const { db, tenantId } = scope;
  const owner = { tenant_id: tenantId };
  await db
    .insertInto('rollcall_data.resources')
    .values({
      ...owner,
      id,
      type: type.name,
      account_id: account?.id ?? null,
      ...documentColumns(type, document),
      own_role: resource.ownRole,
      ...(resource.twin ? { twin: id } : {}),
      created_at: origin.at,
      modified_at: origin.at,
      deleted_at: null,
    })
    .execute();
  if (!account) return;
  if (!account.returning) return insertWaiting(scope, account.id, id, origin.at);
  await db
    .updateTable('rollcall_data.accounts as a')
    .set({
      resource_id: id,
      frozen: sql`coalesce(${sql.ref('a.frozen')}, ${JSON.stringify(account.returning.document)}::jsonb)`,
    })
    .where('a.tenant_id', '=', tenantId)
    .where('a.id', '=', account.id)
    .execute();
  if (!account.returning.tell) return;
  await tellResource(
    scope,
    { type: type.name, id, version: 1 },
    'account.updated',
    ['id'],
    origin,
    account.id,
  );
}

/** Tells the feed of a resource, where nothing that was settled does. */
export async function tellResource(
  { db, tenantId }: Scope,
  { type, id, version }: { readonly type: string; readonly id: string; readonly version: number },
  kind: 'resource.created' | 'resource.updated' | 'account.updated',
  paths: readonly string[],
  origin: Origin,
  accountId: string | null = null,
): Promise<void> {
  await db
    .insertInto('rollcall_data.changes')
    .values({
      tenant_id: tenantId,
      ...originColumns(origin),
      kind,
      resource_type: type,
      resource_id: id,
      account_id: accountId,
      version,
      paths: [...paths],
    })
    .execute();
}

/** A new account, of which the application hears when it is settled. */
export async function insertWaiting(
  { db, tenantId }: Scope,
  accountId: string,
  resourceId: string,
  now: Date,
): Promise<void> {
  await db
    .insertInto('rollcall_data.accounts')
    .values({
      tenant_id: tenantId,
      id: accountId,
      resource_id: resourceId,
      active: false,
      reason: 'waiting',
      user_name: null,
      email: null,
      created_at: now,
      modified_at: now,
    })
    .execute();
}
