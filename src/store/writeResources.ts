/** Changing and deleting resources whose row is locked. What it means for accounts is settled afterwards. */
import { type QueryCreator, type Selectable, sql } from 'kysely';
import { emailOf } from './emailOf.ts';
import type { ChangeKind } from '../provisioning/effect.ts';
import type { Images } from '../provisioning/image.ts';
import { declaredOnly } from '../scim/resource/declared.ts';
import type { MemberEdit } from '../scim/patch/operation.ts';
import type { Document } from '../scim/resource/document.ts';
import type { Membership } from '../scim/resource/resource.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { editAll, type Edited } from './members.ts';
import { type Origin, originColumns } from './origin.ts';
import { RESOURCE_COLUMNS, type Scope } from './readResources.ts';
import { related } from './relations.ts';
import { type DocumentColumns, documentColumns, toResource } from './row.ts';
import type { Terms } from './settle/concerned.ts';
import { lockPerson } from './settle/lock.ts';
import { writePerson } from './settle/person.ts';
import { shaped, statement } from './statement.ts';
import { run } from './tenantScope.ts';
import type { TransactionScope } from './transaction.ts';
import type { Database, ResourcesTable } from './tables.ts';
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

/** What becomes of a resource. */
export interface Update {
  readonly document: Document;
  readonly ownRole: string | null;
  readonly paths: readonly string[];
  /**
   * What the application is told: of a resource that is nobody's account, of the person's attributes at once, or nothing
   * yet, because settling tells it. `frozen`: the application goes on to see the attributes that it has seen so far.
   */
  readonly tells:
    | { readonly kind: 'resource' | 'nothing' | 'frozen' }
    | { readonly kind: 'account'; readonly images: Images };
}

type WithResource = Database & { resource: { id: string; attributes: unknown } };

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

interface Updating extends DocumentColumns {
  readonly id: string;
  readonly own_role: string | null;
  /** The version that was read, and the next. */
  readonly seen: number;
  readonly version: number;
  readonly at: Date;
  readonly account_id: string | null;
  /** What the application goes on to see. */
  readonly frozen: string;
  readonly actor: Origin['actor'];
  readonly token_id: string | null;
  readonly request_id: string;
  readonly kind: ChangeKind;
  readonly type: string;
  readonly told_account_id: string | null;
  readonly paths: string[];
  readonly before: string | null;
  readonly after: string | null;
}

const updating = shaped(
  (tells: Update['tells']['kind']) => tells,
  (tells) =>
    statement<Updating, { id: string }>(({ db, tenantId, slot }) => {
      const base = db.with('resource', (qb) =>
        qb
          .updateTable('rollcall_data.resources as r')
          .set({
            key: slot('key'),
            external_id: slot('external_id'),
            active: slot('active'),
            attributes: slot('attributes'),
            folded: slot('folded'),
            own_role: slot('own_role'),
            imported: false,
            version: slot('version'),
            modified_at: slot('at'),
          })
          .where('r.tenant_id', '=', tenantId)
          .where('r.id', '=', slot('id'))
          .where('r.version', '=', slot('seen'))
          .where('r.deleted_at', 'is', null)
          .returning(['r.id', 'r.attributes']),
      );
      let whole = base;
      if (tells === 'account') {
        whole = base.with('account', (qb: QueryCreator<WithResource>) =>
          qb
            .updateTable('rollcall_data.accounts as a')
            .from('resource as r')
            .set({
              user_name: sql`${sql.ref('r.attributes')} ->> 'userName'`,
              email: emailOf('r.attributes'),
              modified_at: slot('at'),
            })
            .where('a.tenant_id', '=', tenantId)
            .where('a.id', '=', slot('account_id'))
            .returning('a.id'),
        ) as typeof whole;
      } else if (tells === 'frozen') {
        whole = whole.with('account', (qb) =>
          qb
            .updateTable('rollcall_data.accounts as a')
            .set({ frozen: sql`coalesce(${sql.ref('a.frozen')}, ${slot('frozen')}::jsonb)` })
            .where('a.tenant_id', '=', tenantId)
            .where('a.id', '=', slot('account_id'))
            .returning('a.id'),
        ) as typeof whole;
      }
      if (tells === 'account' || tells === 'resource') {
        whole = whole.with('change', (qb: QueryCreator<WithResource>) =>
          qb
            .insertInto('rollcall_data.changes')
            .columns([
              ...(['tenant_id', 'at', 'actor', 'token_id', 'request_id', 'kind', 'resource_type'] as const),
              ...(['resource_id', 'account_id', 'version', 'paths', 'before', 'after'] as const),
            ])
            .expression((eb) =>
              eb
                .selectFrom('resource as r')
                .select((own) => [
                  own.val(tenantId).as('tenant_id'),
                  sql<Date>`${slot('at')}::timestamptz`.as('at'),
                  sql<Origin['actor']>`${slot('actor')}::text`.as('actor'),
                  sql<string | null>`${slot('token_id')}::uuid`.as('token_id'),
                  sql<string>`${slot('request_id')}::text`.as('request_id'),
                  sql<ChangeKind>`${slot('kind')}::text`.as('kind'),
                  sql<string>`${slot('type')}::text`.as('resource_type'),
                  own.ref('r.id').as('resource_id'),
                  sql<string | null>`${slot('told_account_id')}::uuid`.as('account_id'),
                  sql<number>`${slot('version')}::integer`.as('version'),
                  sql<string[]>`${slot('paths')}::text[]`.as('paths'),
                  sql<string | null>`${slot('before')}::jsonb`.as('before'),
                  sql<string | null>`${slot('after')}::jsonb`.as('after'),
                ]),
            )
            .returning('seq'),
        ) as typeof whole;
      }
      return whole.selectFrom('resource').select('id');
    }),
);

/**
 * Writes the document of a resource, in one statement: the version goes up by one.
 * @returns false, and does nothing, when the resource has changed since it was read, which none does that is locked
 */
export async function updateResource(
  scope: Scope,
  type: ResourceType,
  read: Readable,
  { document, ownRole, paths, tells }: Update,
  origin: Origin,
): Promise<boolean> {
  const images = tells.kind === 'account' ? tells.images : undefined;
  const [written] = await run(scope, updating(tells.kind), {
    ...documentColumns(type, document),
    id: read.id,
    own_role: ownRole,
    seen: read.version,
    version: read.version + 1,
    at: origin.at,
    account_id: read.accountId,
    frozen: tells.kind === 'frozen' ? JSON.stringify(read.document) : '{}',
    actor: origin.actor,
    token_id: origin.tokenId,
    request_id: origin.requestId,
    kind: images ? 'account.updated' : 'resource.updated',
    type: type.name,
    told_account_id: images ? read.accountId : null,
    paths: [...paths],
    before: images ? JSON.stringify(images.before) : null,
    after: images ? JSON.stringify(images.after) : null,
  });
  return written !== undefined;
}

/**
 * Writes somebody who is suspended or comes back, and what that means for their account: the locks, and then all of it
 * in one statement. Nothing needs to be locked beforehand; nothing can be sent behind it.
 * @returns false, and does nothing, when there is more to it: they have changed since they were read, or something waits
 */
export async function turnPerson(
  scope: TransactionScope,
  type: ResourceType,
  read: Readable & { readonly accountId: string },
  { document, ownRole, paths, tells }: Update,
  terms: Terms,
  origin: Origin,
): Promise<boolean> {
  const images = tells.kind === 'account' ? tells.images : undefined;
  const person = {
    ...documentColumns(type, document),
    id: read.id,
    type: type.name,
    seen: read.version,
    version: read.version + 1,
    own_role: ownRole,
    account_id: read.accountId,
    paths: images ? [...paths] : null,
    before: images ? JSON.stringify(images.before) : null,
    after: images ? JSON.stringify(images.after) : null,
    at: origin.at,
    actor: origin.actor,
    token_id: origin.tokenId,
    request_id: origin.requestId,
  };
  // The second statement sees what those have committed for whom the first has waited.
  const locked = lockPerson(scope, read.id, read.version);
  const written = writePerson(scope, person, terms);
  const [, done] = await Promise.all([locked, written, scope.commit()]);
  return done;
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
