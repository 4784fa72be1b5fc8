/**
 * Member rows. An edit touches the rows of the members it names and no others: a group's members are never loaded
 * to change some of them.
 */
import { sql } from 'kysely';
import { invalidValue } from '../scim/errors.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import type { Scope } from './readResources.ts';
import { FENCE, inRows, rowOf } from './fence.ts';
import { isFew, shaped, type Statement, statement } from './statement.ts';
import { run } from './tenantScope.ts';
import { rowCondition } from './where/rows.ts';
import { uuidOf } from './where/uuid.ts';

/** How many unknown ids an answer names. */
const NAMED_UNKNOWN = 5;

/** Members that were added or removed. */
export interface Edited {
  readonly ids: readonly string[];
  /** Whether there are groups among them. */
  readonly nested: boolean;
}

/**
 * Carries out edits, in their order, neighbours of one kind as one: some clients send an operation for each member.
 * @returns whom they concerned
 * @throws as editMembers does
 */
export async function editAll(
  scope: Scope,
  groupId: string,
  edits: readonly MemberEdit[],
  now: Date,
): Promise<Edited> {
  let edited: Edited = NOBODY;
  for (const edit of joined(edits)) edited = both(edited, await editMembers(scope, groupId, edit, now));
  return edited;
}

/** Neighbours of one kind as one edit. */
function joined(edits: readonly MemberEdit[]): readonly MemberEdit[] {
  const result: MemberEdit[] = [];
  let ids: string[] = [];
  for (const edit of edits) {
    const last = result.at(-1);
    if (last && last.kind === edit.kind && (edit.kind === 'add' || edit.kind === 'remove')) {
      ids.push(...edit.ids);
    } else if (edit.kind === 'add' || edit.kind === 'remove') {
      ids = [...edit.ids];
      result.push({ kind: edit.kind, ids });
    } else {
      result.push(edit);
    }
  }
  return result;
}

/**
 * Carries out an edit. The caller holds the lock of the group's row.
 * @returns whom it concerned: nobody when everything was so already
 * @throws ScimError invalidValue when a member to add is no living resource of the tenant (A8.03)
 */
async function editMembers(scope: Scope, groupId: string, edit: MemberEdit, now: Date): Promise<Edited> {
  switch (edit.kind) {
    case 'add':
      return add(scope, groupId, edit.ids, now);
    case 'remove':
      return remove(scope, groupId, edit.ids);
    case 'set':
      return both(await removeOthers(scope, groupId, edit.ids), await add(scope, groupId, edit.ids, now));
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

const adding = statement<
  {
    readonly ids: readonly string[];
    readonly group_types: readonly string[];
    readonly group_id: string;
    readonly at: Date;
  },
  { found: string; added: Edited | null }
>(
  ({ db, tenantId, slot }) =>
    db
      // The lock keeps a member from being deleted before the row that names it is committed.
      .with('found', (qb) =>
        qb
          .selectFrom(sql<{ id: string }>`unnest(${slot('ids')}::uuid[])`.as<'given'>(sql`given(id)`))
          .innerJoinLateral(
            (eb) =>
              eb
                .selectFrom('rollcall_data.resources as r')
                .where('r.tenant_id', '=', tenantId)
                .whereRef('r.id', '=', 'given.id')
                .where('r.deleted_at', 'is', null)
                .select(['r.id', 'r.type'])
                .offset(FENCE)
                .forShare()
                .as('r'),
            (on) => on.onTrue(),
          )
          .select([
            'r.id',
            sql<boolean>`${sql.ref('r.type')} = any(${slot('group_types')}::text[])`.as('nested'),
          ]),
      )
      .with('added', (qb) =>
        qb
          .insertInto('rollcall_data.members')
          .columns(['tenant_id', 'group_id', 'member_id', 'nested', 'created_at'])
          .expression((eb) =>
            eb
              .selectFrom('found')
              .select((own) => [
                own.val(tenantId).as('tenant_id'),
                sql<string>`${slot('group_id')}::uuid`.as('group_id'),
                own.ref('found.id').as('member_id'),
                own.ref('found.nested').as('nested'),
                sql<Date>`${slot('at')}::timestamptz`.as('created_at'),
              ]),
          )
          .onConflict((conflict) => conflict.doNothing())
          .returning(['member_id', 'nested']),
      )
      .selectNoFrom((eb) => [
        eb.selectFrom('found').select(sql<string>`count(*)`.as('n')).as('found') as never,
        eb.selectFrom('added').select(editedRows).as('added'),
      ]),
  { plannedFor: isFew },
);

async function add(scope: Scope, groupId: string, ids: readonly string[], now: Date): Promise<Edited> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return NOBODY;
  // In order, so that two who add the same members wait for each other, and not in a circle.
  const uuids = wanted.filter((id) => uuidOf(id) !== undefined).sort();
  const group_types = [...scope.byName.values()].filter(hasMembers).map(({ name }) => name);
  const [outcome] = await run(scope, adding, { ids: uuids, group_types, group_id: groupId, at: now });
  if (Number(outcome?.found) < wanted.length) throw await unknownMembers(scope, wanted);
  return outcome?.added ?? NOBODY;
}

async function remove(scope: Scope, groupId: string, ids: readonly string[]): Promise<Edited> {
  const uuids = ids.filter((id) => uuidOf(id) !== undefined);
  if (uuids.length === 0) return NOBODY;
  return removeWhere(scope, removing('these'), groupId, uuids);
}

function removeOthers(scope: Scope, groupId: string, ids: readonly string[]): Promise<Edited> {
  const kept = ids.filter((id) => uuidOf(id) !== undefined);
  return removeWhere(scope, removing('others'), groupId, kept);
}

type Removing = { readonly group_id: string; readonly ids: readonly string[] };

const removing = shaped(
  (which: 'these' | 'others') => which,
  (which) =>
    statement<Removing, { removed: Edited | null }>(
      ({ db, tenantId, slot }) =>
        db
          .with('removed', (qb) =>
            qb
              .deleteFrom('rollcall_data.members as m')
              .where('m.tenant_id', '=', tenantId)
              .where('m.group_id', '=', slot('group_id'))
              .where(
                which === 'others'
                  ? sql<boolean>`${sql.ref('m.member_id')} <> all(${slot('ids')}::uuid[])`
                  : inRows(
                      'm',
                      db
                        .selectFrom(
                          sql<{ id: string }>`unnest(${slot('ids')}::uuid[])`.as<'given'>(sql`given(id)`),
                        )
                        .innerJoinLateral(
                          (eb) =>
                            eb
                              .selectFrom('rollcall_data.members as o')
                              .where('o.tenant_id', '=', tenantId)
                              .where('o.group_id', '=', slot('group_id'))
                              .whereRef('o.member_id', '=', 'given.id')
                              .select(rowOf('o'))
                              .offset(FENCE)
                              .as('o'),
                          (on) => on.onTrue(),
                        )
                        .select('o.row'),
                    ),
              )
              .returning(['m.member_id', 'm.nested']),
          )
          .selectNoFrom((eb) => eb.selectFrom('removed').select(editedRows).as('removed')),
      { plannedFor: isFew },
    ),
);

async function removeWhere(
  scope: Scope,
  which: Statement<Removing, { removed: Edited | null }>,
  groupId: string,
  ids: readonly string[],
): Promise<Edited> {
  const [outcome] = await run(scope, which, { group_id: groupId, ids });
  return outcome?.removed ?? NOBODY;
}

export const NOBODY: Edited = Object.freeze({ ids: [], nested: false });

const editedRows =
  sql<Edited>`json_build_object('ids', coalesce(json_agg(${sql.ref('member_id')}), '[]'::json),
  'nested', coalesce(bool_or(${sql.ref('nested')}), false))`.as('edited');

function both(one: Edited, other: Edited): Edited {
  if (one === NOBODY) return other;
  return { ids: [...one.ids, ...other.ids], nested: one.nested || other.nested };
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
