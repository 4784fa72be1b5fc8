/**
 * Member rows. An edit touches the rows of the members it names and no others: a group's members are never loaded
 * to change some of them.
 */
import { sql } from 'kysely';
import { invalidValue } from '../scim/errors.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import type { Scope } from './readResources.ts';
import { rowCondition } from './where/rows.ts';
import { uuidOf } from './where/uuid.ts';

/** How many unknown ids an answer names. */
const NAMED_UNKNOWN = 5;

/**
 * Carries out an edit. The caller holds the lock of the group's row.
 * @returns how many rows were added and removed: 0 when everything was so already
 * @throws ScimError invalidValue when a member to add is no living resource of the tenant (A8.03)
 */
export async function editMembers(
  scope: Scope,
  groupId: string,
  edit: MemberEdit,
  now: Date,
): Promise<number> {
  switch (edit.kind) {
    case 'add':
      return add(scope, groupId, edit.ids, now);
    case 'remove':
      return remove(scope, groupId, edit.ids);
    case 'set':
      return (await removeOthers(scope, groupId, edit.ids)) + (await add(scope, groupId, edit.ids, now));
    case 'removeMatching': {
      const chosen = await scope.db
        .selectFrom('rollcall_data.members as m')
        .innerJoin('rollcall_data.resources as o', (on) =>
          on.on('o.tenant_id', '=', scope.tenantId).onRef('o.id', '=', 'm.member_id'),
        )
        .where('m.tenant_id', '=', scope.tenantId)
        .where('m.group_id', '=', groupId)
        .where(rowCondition(edit.filter))
        .select('m.member_id')
        .execute();
      return remove(
        scope,
        groupId,
        chosen.map(({ member_id }) => member_id),
      );
    }
  }
}

async function add(scope: Scope, groupId: string, ids: readonly string[], now: Date): Promise<number> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return 0;
  const uuids = wanted.filter((id) => uuidOf(id) !== undefined);
  const { db, tenantId } = scope;
  const { found, added } = await db
    // The lock keeps a member from being deleted before the row that names it is committed.
    .with('found', (qb) =>
      qb
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', sql<string>`any(${uuids}::uuid[])`)
        .where('r.deleted_at', 'is', null)
        .orderBy('r.id')
        .forShare()
        .select('r.id'),
    )
    .with('added', (qb) =>
      qb
        .insertInto('rollcall_data.members')
        .columns(['tenant_id', 'group_id', 'member_id', 'created_at'])
        .expression((eb) =>
          eb
            .selectFrom('found')
            .select((own) => [
              own.val(tenantId).as('tenant_id'),
              sql<string>`${groupId}::uuid`.as('group_id'),
              own.ref('found.id').as('member_id'),
              sql<Date>`${now}::timestamptz`.as('created_at'),
            ]),
        )
        .onConflict((conflict) => conflict.doNothing())
        .returning('member_id'),
    )
    .selectNoFrom((eb) => [
      eb.selectFrom('found').select(sql<string>`count(*)`.as('n')).as('found'),
      eb.selectFrom('added').select(sql<string>`count(*)`.as('n')).as('added'),
    ])
    .executeTakeFirstOrThrow();
  if (Number(found) < wanted.length) throw await unknownMembers(scope, wanted);
  return Number(added);
}

async function remove(scope: Scope, groupId: string, ids: readonly string[]): Promise<number> {
  const uuids = ids.filter((id) => uuidOf(id) !== undefined);
  if (uuids.length === 0) return 0;
  const { numDeletedRows } = await scope.db
    .deleteFrom('rollcall_data.members as m')
    .where('m.tenant_id', '=', scope.tenantId)
    .where('m.group_id', '=', groupId)
    .where('m.member_id', '=', sql<string>`any(${uuids}::uuid[])`)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

async function removeOthers(scope: Scope, groupId: string, ids: readonly string[]): Promise<number> {
  const kept = ids.filter((id) => uuidOf(id) !== undefined);
  const { numDeletedRows } = await scope.db
    .deleteFrom('rollcall_data.members as m')
    .where('m.tenant_id', '=', scope.tenantId)
    .where('m.group_id', '=', groupId)
    .where('m.member_id', '<>', sql<string>`all(${kept}::uuid[])`)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

async function unknownMembers(scope: Scope, ids: readonly string[]): Promise<Error> {
  const uuids = ids.filter((id) => uuidOf(id) !== undefined);
  const living = await scope.db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', scope.tenantId)
    .where('r.id', '=', sql<string>`any(${uuids}::uuid[])`)
    .where('r.deleted_at', 'is', null)
    .select('r.id')
    .execute();
  const known = new Set(living.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  const named = unknown
    .slice(0, NAMED_UNKNOWN)
    .map((id) => JSON.stringify(id.slice(0, 64)))
    .join(', ');
  const more = unknown.length > NAMED_UNKNOWN ? ` and ${unknown.length - NAMED_UNKNOWN} more` : '';
  return invalidValue(`No resource has the id ${named}${more}; create it first, then add it to "members".`);
}
