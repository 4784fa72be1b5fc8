/** Resources that are to be changed: read, locked, deleted. What it means for accounts is settled afterwards. */
import { type Selectable, sql } from 'kysely';
import { declaredOnly } from '../scim/resource/declared.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import type { Document } from '../scim/resource/document.ts';
import type { Membership } from '../scim/resource/resource.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { editAll, type Edited } from './members.ts';
import { type Origin, originColumns } from './origin.ts';
import { RESOURCE_COLUMNS, type Scope } from './readResources.ts';
import { related } from './relations.ts';
import { toResource } from './row.ts';
import { shaped, statement } from './statement.ts';
import { run } from './tenantScope.ts';
import type { ResourcesTable } from './tables.ts';
import { uuidOf } from './where/uuid.ts';

/** A resource as it was read, for a change. */
export interface Readable {
  readonly id: string;
  readonly document: Document;
  readonly version: number;
  readonly created: Date;
  readonly lastModified: Date;
  readonly accountId: string | null;
  readonly ownRole: string | null;
  /** Whether the identity provider has never written it. */
  readonly imported: boolean;
  /** Where they were asked for. */
  readonly groups?: readonly Membership[] | undefined;
}

/** A resource whose row is locked until the transaction ends. */
export interface Locked extends Readable {
  /** What became of the members, where they were edited in the same breath. */
  readonly edited?: Promise<Edited> | undefined;
}

type LockedRow = Parameters<typeof toResource>[0] &
  Pick<Selectable<ResourcesTable>, 'account_id' | 'own_role' | 'imported'>;

/** What went with a resource. */
export interface Deleted {
  readonly members: Edited;
  readonly ledTo: readonly string[];
  readonly leftGroups: readonly string[];
}

/** What is done in the same breath as the lock, since it will be needed if the resource is there. */
export interface Ahead {
  /** Reads the groups that the resource is in, for the answer. */
  readonly groups?: boolean;
  /** Edits the members. */
  readonly members?: { readonly edits: readonly MemberEdit[]; readonly at: Date };
}

const reading = shaped(
  ({ groups, locked }: { readonly groups: boolean; readonly locked: boolean }) => `${groups} ${locked}`,
  ({ groups, locked }) =>
    statement<{ id: string; type: string }, LockedRow>(
      ({ db, tenantId, slot }) => {
        const row = db
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .where('r.id', '=', slot('id'))
          .where('r.type', '=', slot('type'))
          .where('r.deleted_at', 'is', null)
          .select([...RESOURCE_COLUMNS, 'r.account_id', 'r.own_role', 'r.imported'])
          .select(related(tenantId, { members: false, groups }));
        return locked ? row.forNoKeyUpdate() : row;
      },
      { keyed: !locked },
    ),
);

/** Reads a living resource that is to be changed if nobody else does meanwhile. */
export async function findToChange(
  scope: Scope,
  type: ResourceType,
  id: string,
  groups: boolean,
): Promise<Readable | undefined> {
  const uuid = uuidOf(id);
  if (!uuid) return undefined;
  const [row] = await run(scope, reading({ groups, locked: false }), { id: uuid, type: type.name });
  return row && toReadable(scope, type, row);
}

function toReadable(scope: Scope, type: ResourceType, row: LockedRow): Readable {
  const { lastModified, created, version, groups } = toResource(row, scope.byName);
  return {
    id: row.id,
    document: declaredOnly(type, row.attributes),
    version,
    created,
    lastModified,
    groups,
    accountId: row.account_id,
    ownRole: row.own_role,
    imported: row.imported,
  };
}

/** Locks the row of a living resource against other changes until the transaction ends. */
export async function lockResource(
  scope: Scope,
  type: ResourceType,
  id: string,
  { groups = false, members }: Ahead = {},
): Promise<Locked | undefined> {
  const uuid = uuidOf(id);
  if (!uuid) return undefined;
  const locked = run(scope, reading({ groups, locked: true }), { id: uuid, type: type.name });
  const edited = members && editAll(scope, uuid, members.edits, members.at);
  // Told when it is asked for; it is of no matter when there is no such resource.
  edited?.catch(() => undefined);
  const [row] = await locked;
  return row && { ...toReadable(scope, type, row), edited };
}

/** Notes that the identity provider has written a resource that was imported, although nothing of it changes. */
export async function takeOver({ db, tenantId }: Scope, id: string): Promise<void> {
  await db
    .updateTable('rollcall_data.resources as r')
    .set({ imported: false })
    .where('r.tenant_id', '=', tenantId)
    .where('r.id', '=', id)
    .execute();
}

/**
 * Marks a locked resource as deleted, so that its id is gone and its key free (B7.01), ends its memberships on
 * either side (B7.03) and its link to an organization, drops its password, and changes the version of the groups that
 * lose it (A8.03). Its account stays.
 * @returns who its members were, the organizations that it led to itself, and the groups that lose it
 */
export async function deleteResource(
  scope: Scope,
  type: ResourceType,
  locked: Locked,
  origin: Origin,
): Promise<Deleted> {
  const { db, tenantId } = scope;
  const version = locked.version + 1;
  const base = db
    .with('resource', (qb) =>
      qb
        .updateTable('rollcall_data.resources as r')
        .set({ deleted_at: origin.at, modified_at: origin.at, version })
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', locked.id)
        .returning('r.id'),
    )
    .with('password', (qb) =>
      qb
        .deleteFrom('rollcall_data.passwords as p')
        .where('p.tenant_id', '=', tenantId)
        .where('p.resource_id', '=', locked.id)
        .returning('p.resource_id'),
    )
    .with('link', (qb) =>
      qb
        .deleteFrom('rollcall_data.group_links as l')
        .where('l.tenant_id', '=', tenantId)
        .where('l.group_id', '=', locked.id)
        .returning('l.organization_id'),
    )
    .with('own_members', (qb) =>
      qb
        .deleteFrom('rollcall_data.members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.group_id', '=', locked.id)
        .returning(['m.member_id', 'm.nested']),
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
        .set({ version: sql`${sql.ref('g.version')} + 1`, modified_at: origin.at })
        .where('g.tenant_id', '=', tenantId)
        .where('g.id', 'in', (eb) => eb.selectFrom('left_groups').select('group_id'))
        .returning('g.id'),
    );
  let whole = base;
  if (!locked.accountId) {
    whole = base.with('change', (qb) =>
      qb
        .insertInto('rollcall_data.changes')
        .values({
          tenant_id: tenantId,
          ...originColumns(origin),
          kind: 'resource.deleted',
          resource_type: type.name,
          resource_id: locked.id,
          account_id: null,
          version,
        })
        .returning('seq'),
    ) as typeof whole;
  }
  const { ids, nested, led_to, left_groups } = await whole
    .selectFrom('own_members')
    .select((eb) => [
      sql<string[]>`coalesce(json_agg(${sql.ref('member_id')}), '[]'::json)`.as('ids'),
      sql<boolean>`coalesce(bool_or(${sql.ref('nested')}), false)`.as('nested'),
      eb.selectFrom('link').select(listOf('organization_id').as('list')).as('led_to'),
      eb.selectFrom('left_groups').select(listOf('group_id').as('list')).as('left_groups'),
    ])
    .executeTakeFirstOrThrow();
  return { members: { ids, nested }, ledTo: led_to ?? [], leftGroups: left_groups ?? [] };
}

const listOf = (column: string) => sql<string[]>`coalesce(json_agg(distinct ${sql.ref(column)}), '[]'::json)`;
