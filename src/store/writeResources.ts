/** Writing resources, each time with what follows from it: the account and the change in the feed. */
import { sql } from 'kysely';
import type { AccountState, ChangeKind } from '../provisioning/effect.ts';
import { declaredOnly } from '../scim/resource/declared.ts';
import type { Document } from '../scim/resource/document.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { livingResource, type Scope } from './readResources.ts';
import { documentColumns } from './row.ts';
import { uuidOf } from './where/uuid.ts';

/** Who did it, when, and what the feed calls it. */
export interface Cause {
  readonly at: Date;
  readonly kind: ChangeKind;
  readonly paths: readonly string[];
  readonly tokenId: string | null;
  readonly requestId: string;
}

export interface NewResource {
  readonly id: string;
  readonly document: Document;
  /** Undefined for a type that has no accounts. */
  readonly account: (AccountState & { readonly id: string }) | undefined;
  /** Whether another resource of the type may have the same key. */
  readonly twin: boolean;
}

/** A resource whose row is locked until the transaction ends. */
export interface Locked {
  readonly id: string;
  readonly document: Document;
  readonly version: number;
  readonly created: Date;
  readonly lastModified: Date;
  readonly accountId: string | null;
}

/** Inserts resource, account and change in one statement. */
export async function insertResource(
  scope: Scope,
  type: ResourceType,
  resource: NewResource,
  cause: Cause,
): Promise<void> {
  const { id, account } = resource;
  const owner = { tenant_id: scope.tenantId };
  const base = scope.db
    .with('resource', (qb) =>
      qb
        .insertInto('rollcall_data.resources')
        .values({
          ...owner,
          id,
          type: type.name,
          account_id: account?.id ?? null,
          ...documentColumns(type, resource.document),
          ...(resource.twin ? { twin: id } : {}),
          created_at: cause.at,
          modified_at: cause.at,
          deleted_at: null,
        })
        .returning('id'),
    )
    .with('change', (qb) =>
      qb
        .insertInto('rollcall_data.changes')
        .values(changeRow(scope, type, id, account?.id ?? null, 1, cause))
        .returning('seq'),
    );
  const whole = account
    ? (base.with('account', (qb) =>
        qb
          .insertInto('rollcall_data.accounts')
          .values({
            ...owner,
            id: account.id,
            resource_id: id,
            active: account.active,
            reason: account.reason,
            created_at: cause.at,
            modified_at: cause.at,
          })
          .returning('id'),
      ) as typeof base)
    : base;
  await whole.selectFrom('resource').select('id').executeTakeFirstOrThrow();
}

/** Locks the row of a living resource against other changes until the transaction ends. */
export async function lockResource(
  scope: Scope,
  type: ResourceType,
  id: string,
): Promise<Locked | undefined> {
  const uuid = uuidOf(id);
  if (!uuid) return undefined;
  const row = await livingResource(scope, type, uuid)
    .select('r.account_id')
    .forNoKeyUpdate()
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      document: declaredOnly(type, row.attributes),
      version: row.version,
      created: row.created_at,
      lastModified: row.modified_at,
      accountId: row.account_id,
    }
  );
}

/** Writes the document of a locked resource, its account's state and the change: the version goes up by one. */
export async function updateResource(
  scope: Scope,
  type: ResourceType,
  locked: Locked,
  document: Document,
  account: AccountState,
  cause: Cause,
): Promise<void> {
  const version = locked.version + 1;
  const base = scope.db
    .with('resource', (qb) =>
      qb
        .updateTable('rollcall_data.resources as r')
        .set({ ...documentColumns(type, document), version, modified_at: cause.at })
        .where('r.tenant_id', '=', scope.tenantId)
        .where('r.id', '=', locked.id)
        .returning('r.id'),
    )
    .with('change', (qb) =>
      qb
        .insertInto('rollcall_data.changes')
        .values(changeRow(scope, type, locked.id, locked.accountId, version, cause))
        .returning('seq'),
    );
  const whole = locked.accountId
    ? (base.with('account', (qb) =>
        accountUpdate(qb, scope, locked.accountId, account, cause),
      ) as typeof base)
    : base;
  await whole.selectFrom('resource').select('id').executeTakeFirstOrThrow();
}

/**
 * Marks a locked resource as deleted, so that its id is gone and its key free (B7.01), ends its memberships on
 * either side (B7.03), drops its password, and changes the version of the groups that lose it (A8.03). Its account stays.
 */
export async function deleteResource(
  scope: Scope,
  type: ResourceType,
  locked: Locked,
  account: AccountState,
  cause: Cause,
): Promise<void> {
  const { db, tenantId } = scope;
  const version = locked.version + 1;
  const base = db
    .with('resource', (qb) =>
      qb
        .updateTable('rollcall_data.resources as r')
        .set({ deleted_at: cause.at, modified_at: cause.at, version })
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', locked.id)
        .returning('r.id'),
    )
    .with('change', (qb) =>
      qb
        .insertInto('rollcall_data.changes')
        .values(changeRow(scope, type, locked.id, locked.accountId, version, cause))
        .returning('seq'),
    )
    .with('password', (qb) =>
      qb
        .deleteFrom('rollcall_data.passwords as p')
        .where('p.tenant_id', '=', tenantId)
        .where('p.resource_id', '=', locked.id)
        .returning('p.resource_id'),
    )
    .with('own_members', (qb) =>
      qb
        .deleteFrom('rollcall_data.members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.group_id', '=', locked.id)
        .returning('m.group_id'),
    )
    .with('left_groups', (qb) =>
      qb
        .deleteFrom('rollcall_data.members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.member_id', '=', locked.id)
        .where('m.group_id', '<>', locked.id)
        .returning('m.group_id'),
    )
    .with('groups', (qb) =>
      qb
        .updateTable('rollcall_data.resources as g')
        .set({ version: sql`${sql.ref('g.version')} + 1`, modified_at: cause.at })
        .where('g.tenant_id', '=', tenantId)
        .where('g.id', 'in', (eb) => eb.selectFrom('left_groups').select('group_id'))
        .returning('g.id'),
    );
  const whole = locked.accountId
    ? (base.with('account', (qb) =>
        accountUpdate(qb, scope, locked.accountId, account, cause),
      ) as typeof base)
    : base;
  await whole.selectFrom('resource').select('id').executeTakeFirstOrThrow();
}

function accountUpdate(
  db: Pick<Scope['db'], 'updateTable'>,
  scope: Scope,
  accountId: string | null,
  { active, reason }: AccountState,
  cause: Cause,
) {
  return db
    .updateTable('rollcall_data.accounts as a')
    .set({ active, reason, modified_at: cause.at })
    .where('a.tenant_id', '=', scope.tenantId)
    .where('a.id', '=', accountId)
    .returning('a.id');
}

function changeRow(
  scope: Scope,
  type: ResourceType,
  id: string,
  accountId: string | null,
  version: number,
  { at, kind, paths, tokenId, requestId }: Cause,
) {
  return {
    tenant_id: scope.tenantId,
    at,
    kind,
    resource_type: type.name,
    resource_id: id,
    account_id: accountId,
    version,
    paths: [...paths],
    token_id: tokenId,
    request_id: requestId,
  };
}
