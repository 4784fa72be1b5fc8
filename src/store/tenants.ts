import type { Transaction } from 'kysely';
import {
  provisioningOf,
  type ProvisioningSettings,
  type StoredProvisioning,
} from '../provisioning/settings.ts';
import { conflict } from '../scim/errors.ts';
import { announce } from './announce.ts';
import type { Connection } from './connection.ts';
import { fold } from '../scim/schema/fold.ts';
import { retrying, translate, UniqueViolation } from './errors.ts';
import { requestRecomputation } from './recomputations.ts';
import type { Database } from './tables.ts';
import { type Tenant, toTenant } from './tenant.ts';
import type { TokenStore } from './tokens.ts';

type TenantSettings = Partial<Omit<Tenant, 'id' | 'slug' | 'createdAt' | 'paused' | 'provisioning'>> & {
  readonly provisioning?: StoredProvisioning;
};

/** Decides on settings in sight of those that there are; one change of a tenant waits for the other. */
type Decision = (before: ProvisioningSettings) => {
  readonly stored: StoredProvisioning;
  /** When they are settings by which accounts and organizations are to be recomputed. */
  readonly recompute?: Date | undefined;
};

interface NewTenant extends Pick<Tenant, 'slug' | 'name'>, Omit<TenantSettings, 'name' | 'active'> {
  readonly id: string;
  /** Of its default organization, which is made with it and bears its name. */
  readonly organizationId: string;
  readonly now: Date;
  /** Of the request that asks for it; its own id where none does. */
  readonly requestId?: string;
}

export interface TenantStore {
  /** @throws ScimError 409 naming the slug, when it is taken */
  create(tenant: NewTenant): Promise<Tenant>;
  findBySlug(slug: string): Promise<Tenant | undefined>;
  /** With how often its schemas have changed. */
  find(id: string): Promise<{ readonly tenant: Tenant; readonly schemasVersion: number } | undefined>;
  /** All, by slug. */
  list(): Promise<readonly Tenant[]>;
  /**
   * Changes settings; passwords that the tenant does not want to be kept any more are gone with the change.
   * @returns the tenant as it is now; undefined when there is none of that id
   * @throws what a decision throws; nothing is changed then
   */
  update(
    id: string,
    settings: Omit<TenantSettings, 'provisioning'> & {
      readonly provisioning?: StoredProvisioning | Decision;
    },
  ): Promise<Tenant | undefined>;
}

/**
 * The tenants of this server.
 *
 * @param tokens told of changed tenants, so that a suspension holds for the next request
 */
export function tenantStore(connection: Connection, tokens: Pick<TokenStore, 'forget'>): TenantStore {
  const { db, forTenant } = connection;
  return Object.freeze<TenantStore>({
    async create({ id, organizationId, slug, name, now, requestId = id, ...settings }) {
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
          // The feed begins with what everybody is to belong to.
          .with('told', (eb) =>
            eb.insertInto('rollcall_data.changes').values({
              tenant_id: id,
              at: now,
              kind: 'organization.created',
              actor: 'admin',
              resource_type: null,
              resource_id: null,
              account_id: null,
              organization_id: organizationId,
              version: null,
              after: JSON.stringify({ name, isDefault: true }),
              token_id: null,
              request_id: requestId,
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

    async find(id) {
      const row = await db
        .selectFrom('rollcall_data.tenants')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      return row && { tenant: toTenant(row), schemasVersion: row.schemas_version };
    },

    async list() {
      const rows = await db.selectFrom('rollcall_data.tenants').selectAll().orderBy('slug').execute();
      return rows.map(toTenant);
    },

    async update(id, settings) {
      const change = () =>
        forTenant(id)
          .transaction()
          .execute(async (transaction) => {
            const { provisioning: given, ...rest } = settings;
            const before = given && (await lockedProvisioning(transaction, id));
            const decided = typeof given === 'function' && before ? given(provisioningOf(before)) : undefined;
            const provisioning = typeof given === 'function' ? decided?.stored : given;
            if (decided?.recompute) await requestRecomputation(transaction, id, decided.recompute);
            const columns = columnsOf({ ...rest, ...(provisioning && { provisioning }) });
            // Registries are kept by the version of the schemas.
            const choosesAnew = before && provisioning && choiceOf(before) !== choiceOf(provisioning);
            // An UPDATE has to set something.
            const changed = await transaction
              .updateTable('rollcall_data.tenants')
              .set(Object.keys(columns).length === 0 ? { id } : columns)
              .$if(choosesAnew === true, (qb) =>
                qb.set((eb) => ({ schemas_version: eb('schemas_version', '+', 1) })),
              )
              .where('id', '=', id)
              .returningAll()
              .executeTakeFirst();
            // After the update has the row to itself, so that no request can still add one.
            if (settings.storePasswords === false) {
              await transaction.deleteFrom('rollcall_data.passwords').where('tenant_id', '=', id).execute();
            }
            await announce(transaction, id);
            return changed;
          });
      const row = await retrying(change);
      tokens.forget(id);
      return row && toTenant(row);
    },
  });
}

async function lockedProvisioning(
  transaction: Pick<Transaction<Database>, 'selectFrom'>,
  id: string,
): Promise<StoredProvisioning | undefined> {
  const row = await transaction
    .selectFrom('rollcall_data.tenants')
    .where('id', '=', id)
    .select('provisioning')
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row?.provisioning;
}

/** What is synchronised and required. */
function choiceOf({ attributes, requiredAttributes }: StoredProvisioning): string {
  return JSON.stringify([attributes ?? null, requiredAttributes ?? []]);
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
