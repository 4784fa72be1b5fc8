/** Changing and deleting resources whose row is locked. What it means for accounts is settled afterwards. */
import { type QueryCreator, sql } from 'kysely';
import { emailOf } from './emailOf.ts';
import type { Images } from '../provisioning/image.ts';
import { declaredOnly } from '../scim/resource/declared.ts';
import type { Document } from '../scim/resource/document.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Edited } from './members.ts';
import { type Origin, originColumns } from './origin.ts';
import { livingResource, type Scope } from './readResources.ts';
import { documentColumns } from './row.ts';
import type { Database } from './tables.ts';
import { uuidOf } from './where/uuid.ts';

/** A resource whose row is locked until the transaction ends. */
export interface Locked {
  readonly id: string;
  readonly document: Document;
  readonly version: number;
  readonly created: Date;
  readonly lastModified: Date;
  readonly accountId: string | null;
  readonly ownRole: string | null;
}

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

/** Locks the row of a living resource against other changes until the transaction ends. */
export async function lockResource(
  scope: Scope,
  type: ResourceType,
  id: string,
): Promise<Locked | undefined> {
  const uuid = uuidOf(id);
  if (!uuid) return undefined;
  const row = await livingResource(scope, type, uuid)
    .select(['r.account_id', 'r.own_role'])
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
      ownRole: row.own_role,
    }
  );
}

/** Writes the document of a locked resource, in one statement: the version goes up by one. */
export async function updateResource(
  scope: Scope,
  type: ResourceType,
  locked: Locked,
  { document, ownRole, paths, tells }: Update,
  origin: Origin,
): Promise<void> {
  const version = locked.version + 1;
  const { tenantId } = scope;
  const base = scope.db.with('resource', (qb) =>
    qb
      .updateTable('rollcall_data.resources as r')
      .set({
        ...documentColumns(type, document),
        own_role: ownRole,
        imported: false,
        version,
        modified_at: origin.at,
      })
      .where('r.tenant_id', '=', tenantId)
      .where('r.id', '=', locked.id)
      .returning(['r.id', 'r.attributes']),
  );
  let whole = base;
  if (tells.kind === 'account') {
    whole = base.with('account', (qb: QueryCreator<WithResource>) =>
      qb
        .updateTable('rollcall_data.accounts as a')
        .from('resource as r')
        .set({
          user_name: sql`${sql.ref('r.attributes')} ->> 'userName'`,
          email: emailOf('r.attributes'),
          modified_at: origin.at,
        })
        .where('a.tenant_id', '=', tenantId)
        .where('a.id', '=', locked.accountId)
        .returning('a.id'),
    ) as typeof whole;
  } else if (tells.kind === 'frozen') {
    whole = whole.with('account', (qb) =>
      qb
        .updateTable('rollcall_data.accounts as a')
        .set({
          frozen: sql`coalesce(${sql.ref('a.frozen')}, ${JSON.stringify(locked.document)}::jsonb)`,
        })
        .where('a.tenant_id', '=', tenantId)
        .where('a.id', '=', locked.accountId)
        .returning('a.id'),
    ) as typeof whole;
  }
  if (tells.kind === 'account' || tells.kind === 'resource') {
    const images = tells.kind === 'account' ? tells.images : undefined;
    whole = whole.with('change', (qb) =>
      qb
        .insertInto('rollcall_data.changes')
        .values({
          tenant_id: tenantId,
          ...originColumns(origin),
          kind: images ? 'account.updated' : 'resource.updated',
          resource_type: type.name,
          resource_id: locked.id,
          account_id: tells.kind === 'account' ? locked.accountId : null,
          version,
          paths: [...paths],
          before: images ? JSON.stringify(images.before) : null,
          after: images ? JSON.stringify(images.after) : null,
        })
        .returning('seq'),
    ) as typeof whole;
  }
  await whole.selectFrom('resource').select('id').executeTakeFirstOrThrow();
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
