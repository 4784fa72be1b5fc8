import { conflict } from '../scim/errors.ts';
import type { Connection } from './connection.ts';
import { fold } from '../scim/schema/fold.ts';
import { translate, UniqueViolation } from './errors.ts';
import { type Tenant, toTenant } from './tenant.ts';
import type { TokenStore } from './tokens.ts';

type TenantSettings = Partial<Omit<Tenant, 'id' | 'slug' | 'createdAt' | 'paused'>>;

interface NewTenant extends Pick<Tenant, 'slug' | 'name'>, Omit<TenantSettings, 'name' | 'active'> {
  readonly id: string;
  /** Of its default organization, which is made with it and bears its name. */
  readonly organizationId: string;
  readonly now: Date;
}

export interface TenantStore {
  /** @throws ScimError 409 naming the slug, when it is taken */
  create(tenant: NewTenant): Promise<Tenant>;
  findBySlug(slug: string): Promise<Tenant | undefined>;
  /** All, by slug. */
  list(): Promise<readonly Tenant[]>;
  /**
   * Changes settings; passwords that the tenant does not want to be kept any more are gone with the change.
   * @returns the tenant as it is now; undefined when there is none of that id
   */
  update(id: string, settings: TenantSettings): Promise<Tenant | undefined>;
}

/**
 * The tenants of this server.
 *
 * @param tokens told of changed tenants, so that a suspension holds for the next request
 */
export function tenantStore(connection: Connection, tokens: Pick<TokenStore, 'forget'>): TenantStore {
  const { db, forTenant } = connection;
  return Object.freeze<TenantStore>({
    async create({ id, organizationId, slug, name, now, ...settings }) {
      try {
        const row = await forTenant(id)
          .with('tenant', (eb) =>
            eb
              .insertInto('rollcall_data.tenants')
              .values({ id, slug, name, created_at: now, ...columnsOf(settings) })
              .returningAll(),
          )
          .with('organization', (eb) =>
            eb.insertInto('rollcall_data.organizations').values({
              tenant_id: id,
              id: organizationId,
              name,
              key: fold(name),
              is_default: true,
              archived_at: null,
              created_at: now,
              modified_at: now,
            }),
          )
          .selectFrom('tenant')
          .selectAll()
          .executeTakeFirstOrThrow();
        return toTenant(row);
      } catch (thrown) {
        const error = translate(thrown, 'write');
        if (error instanceof UniqueViolation && error.constraint === 'tenants_slug_key')
          throw conflict(`There is a tenant "${slug}" already. Choose another slug.`);
        throw error;
      }
    },

    async findBySlug(slug) {
      const row = await db
        .selectFrom('rollcall_data.tenants')
        .selectAll()
        .where('slug', '=', slug)
        .executeTakeFirst();
      return row && toTenant(row);
    },

    async list() {
      const rows = await db.selectFrom('rollcall_data.tenants').selectAll().orderBy('slug').execute();
      return rows.map(toTenant);
    },

    async update(id, settings) {
      const columns = columnsOf(settings);
      // An UPDATE has to set something.
      const row = await forTenant(id)
        .transaction()
        .execute(async (transaction) => {
          const changed = await transaction
            .updateTable('rollcall_data.tenants')
            .set(Object.keys(columns).length === 0 ? { id } : columns)
            .where('id', '=', id)
            .returningAll()
            .executeTakeFirst();
          // After the update has the row to itself, so that no request can still add one.
          if (settings.storePasswords === false) {
            await transaction.deleteFrom('rollcall_data.passwords').where('tenant_id', '=', id).execute();
          }
          return changed;
        });
      tokens.forget(id);
      return row && toTenant(row);
    },
  });
}

function columnsOf(settings: TenantSettings) {
  const { name, mode, allowDuplicateGroupNames, discoveryView, storePasswords, active, provisioning } =
    settings;
  return {
    ...(name !== undefined && { name }),
    ...(mode !== undefined && { mode }),
    ...(allowDuplicateGroupNames !== undefined && { allow_duplicate_group_names: allowDuplicateGroupNames }),
    ...(discoveryView !== undefined && { discovery_view: discoveryView }),
    ...(storePasswords !== undefined && { store_passwords: storePasswords }),
    ...(active !== undefined && { active }),
    ...(provisioning !== undefined && { provisioning: JSON.stringify(provisioning) }),
  };
}
