/** Organizations, and the links that lead groups to them. */
import { type RawBuilder, sql } from 'kysely';
import { fold } from '../scim/schema/fold.ts';
import { type Origin, originColumns } from './origin.ts';
import type { Scope } from './readResources.ts';
import { reachedFrom } from './settle/lock.ts';
import { uuidOf } from './where/uuid.ts';

/** What a group means now. */
export interface Link {
  readonly organizationId: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly role: string | null;
  /** Whether no other group leads to the organization. */
  readonly exclusive: boolean;
}

export interface OrganizationStore {
  /** `byHand`: an admin has said where the group leads. */
  linksOf(groupId: string): Promise<{ readonly byHand: boolean; readonly links: readonly Link[] }>;
  linkByHand(groupId: string, byHand: boolean): Promise<void>;
  /** Any text may be given as id. */
  exists(id: string): Promise<boolean>;
  /** Organizations that the groups lead to, themselves or by the groups above them. */
  reachedFrom(groupIds: readonly string[]): Promise<readonly string[]>;
  defaultId(): Promise<string>;
  /** The organization of that name which is not the default one. */
  named(name: string): Promise<string | undefined>;
  /** @returns the id of the organization of that name: the one given, or that of one that is there already */
  make(id: string, name: string, origin: Origin): Promise<string>;
  rename(id: string, name: string, origin: Origin): Promise<void>;
  /** Brings back what was archived. */
  restore(id: string, origin: Origin): Promise<void>;
  /** Archives those of the given that no group leads to any more and that nobody belongs to. */
  archiveLeft(ids: readonly string[], origin: Origin): Promise<void>;
  setLink(groupId: string, organizationId: string, role: string | null, now: Date): Promise<void>;
  dropLinks(groupId: string, organizationIds: readonly string[]): Promise<void>;
}

export function organizationStore({ db, tenantId }: Scope): OrganizationStore {
  const tell = async (
    kind: 'created' | 'renamed' | 'archived' | 'restored',
    organizationId: string,
    images: { before?: object; after?: object },
    origin: Origin,
  ): Promise<void> => {
    await db
      .insertInto('rollcall_data.changes')
      .values({
        tenant_id: tenantId,
        ...originColumns(origin),
        kind: `organization.${kind}`,
        resource_type: null,
        resource_id: null,
        account_id: null,
        version: null,
        organization_id: organizationId,
        before: images.before ? JSON.stringify(images.before) : null,
        after: images.after ? JSON.stringify(images.after) : null,
      })
      .execute();
  };
  const byName = (name: string) =>
    db
      .selectFrom('rollcall_data.organizations as o')
      .where('o.tenant_id', '=', tenantId)
      .where('o.key', '=', fold(name))
      .where('o.is_default', '=', false)
      .select('o.id')
      .executeTakeFirst();

  return {
    async linksOf(groupId) {
      const rows = await db
        .selectFrom('rollcall_data.group_links as l')
        .innerJoin('rollcall_data.organizations as o', (on) =>
          on.on('o.tenant_id', '=', tenantId).onRef('o.id', '=', 'l.organization_id'),
        )
        .where('l.tenant_id', '=', tenantId)
        .where('l.group_id', '=', groupId)
        .select((eb) => [
          'l.organization_id as organizationId',
          'o.name',
          'o.is_default as isDefault',
          'l.role',
          eb
            .not(
              eb.exists(
                eb
                  .selectFrom('rollcall_data.group_links as other')
                  .where('other.tenant_id', '=', tenantId)
                  .whereRef('other.organization_id', '=', 'l.organization_id')
                  .whereRef('other.group_id', '<>', 'l.group_id')
                  .select(sql<number>`1`.as('one')),
              ),
            )
            .as('exclusive'),
        ])
        .orderBy('l.organization_id')
        .execute();
      const group = await db
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', groupId)
        .select('r.linked_by_hand')
        .executeTakeFirst();
      const links = rows.map((row) => ({ ...row, exclusive: Boolean(row.exclusive) }));
      return { byHand: group?.linked_by_hand === true, links };
    },

    async linkByHand(groupId, byHand) {
      await db
        .updateTable('rollcall_data.resources as r')
        .set({ linked_by_hand: byHand })
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', groupId)
        .execute();
    },

    async exists(id) {
      const uuid = uuidOf(id);
      if (uuid === undefined) return false;
      const row = await db
        .selectFrom('rollcall_data.organizations as o')
        .where('o.tenant_id', '=', tenantId)
        .where('o.id', '=', uuid)
        .select('o.id')
        .executeTakeFirst();
      return row !== undefined;
    },

    async reachedFrom(groupIds) {
      const { reached } = await db
        .selectNoFrom(reachedFrom(db, tenantId, groupIds).as('reached'))
        .executeTakeFirstOrThrow();
      return reached;
    },

    async defaultId() {
      const { id } = await db
        .selectFrom('rollcall_data.organizations as o')
        .where('o.tenant_id', '=', tenantId)
        .where('o.is_default', '=', true)
        .select('o.id')
        .executeTakeFirstOrThrow();
      return id;
    },

    async named(name) {
      return (await byName(name))?.id;
    },

    async make(id, name, origin) {
      const made = await db
        .insertInto('rollcall_data.organizations')
        .values({
          tenant_id: tenantId,
          id,
          name,
          key: fold(name),
          archived_at: null,
          created_at: origin.at,
          modified_at: origin.at,
        })
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'key']).where(sql<boolean>`not is_default`).doNothing(),
        )
        .returning('id')
        .executeTakeFirst();
      if (made) {
        await tell('created', made.id, { after: { name } }, origin);
        return made.id;
      }
      const there = await byName(name);
      if (!there) throw new Error('an organization is there and cannot be found');
      return there.id;
    },

    async rename(id, name, origin) {
      const renamed = await db
        .with('old', (qb) =>
          qb
            .selectFrom('rollcall_data.organizations as o')
            .where('o.tenant_id', '=', tenantId)
            .where('o.id', '=', id)
            .forUpdate()
            .select(['o.id', 'o.name']),
        )
        .with('renamed', (qb) =>
          qb
            .updateTable('rollcall_data.organizations as o')
            .from('old')
            .set({ name, key: fold(name), modified_at: origin.at })
            .where('o.tenant_id', '=', tenantId)
            .whereRef('o.id', '=', 'old.id')
            .where('old.name', '<>', name)
            .returning('old.name'),
        )
        .selectFrom('renamed')
        .select('name')
        .executeTakeFirst();
      if (renamed) await tell('renamed', id, { before: { name: renamed.name }, after: { name } }, origin);
    },

    async restore(id, origin) {
      const restored = await db
        .updateTable('rollcall_data.organizations as o')
        .set({ archived_at: null, modified_at: origin.at })
        .where('o.tenant_id', '=', tenantId)
        .where('o.id', '=', id)
        .where('o.archived_at', 'is not', null)
        .returning('o.name')
        .executeTakeFirst();
      if (restored) await tell('restored', id, { after: { name: restored.name } }, origin);
    },

    async archiveLeft(ids, origin) {
      if (ids.length === 0) return;
      const some: RawBuilder<string> = sql`any(${ids}::uuid[])`;
      const archived = await db
        .updateTable('rollcall_data.organizations as o')
        .set({ archived_at: origin.at, modified_at: origin.at })
        .where('o.tenant_id', '=', tenantId)
        .where('o.id', '=', some)
        .where('o.is_default', '=', false)
        .where('o.archived_at', 'is', null)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('rollcall_data.group_links as l')
                .where('l.tenant_id', '=', tenantId)
                .whereRef('l.organization_id', '=', 'o.id')
                .select(sql<number>`1`.as('one')),
            ),
          ),
        )
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('rollcall_data.organization_members as m')
                .where('m.tenant_id', '=', tenantId)
                .whereRef('m.organization_id', '=', 'o.id')
                .select(sql<number>`1`.as('one')),
            ),
          ),
        )
        .returning(['o.id', 'o.name'])
        .execute();
      for (const { id, name } of archived) await tell('archived', id, { before: { name } }, origin);
    },

    async setLink(groupId, organizationId, role, now) {
      await db
        .insertInto('rollcall_data.group_links')
        .values({
          tenant_id: tenantId,
          group_id: groupId,
          organization_id: organizationId,
          role,
          created_at: now,
        })
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'group_id', 'organization_id']).doUpdateSet({ role }),
        )
        .execute();
    },

    async dropLinks(groupId, organizationIds) {
      await db
        .deleteFrom('rollcall_data.group_links as l')
        .where('l.tenant_id', '=', tenantId)
        .where('l.group_id', '=', groupId)
        .where('l.organization_id', '=', sql<string>`any(${organizationIds}::uuid[])`)
        .execute();
    },
  };
}
