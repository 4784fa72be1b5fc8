/** The schemas and resource types that tenants have added. */
import { type Kysely, sql } from 'kysely';
import { provisioningOf } from '../provisioning/settings.ts';
import { notFound } from '../scim/errors.ts';
import type { Choice } from '../scim/schema/chosen.ts';
import type { ResourceTypeDefinition } from '../scim/schema/resourceType.ts';
import type { TenantDefinitions, TenantSchema } from '../scim/schema/tenantDefinitions.ts';
import { announce } from './announce.ts';
import type { Connection } from './connection.ts';
import { retrying } from './errors.ts';
import type { Database } from './tables.ts';

/** How many living resources a definition has. */
export interface Usage {
  /** Resources of those types with values of the extension. */
  carrying(urn: string, types: readonly string[]): Promise<number>;
  ofTypes(types: readonly string[]): Promise<number>;
}

export interface TenantDefinitionStore {
  read(tenantId: string): Promise<TenantDefinitions>;
  /** What the tenant synchronises of users. */
  readChoice(tenantId: string): Promise<Choice>;
  /**
   * Puts what `decide` returns in the place of what is there. One change of a tenant waits for the other, and for
   * resources that are being created; what `decide` gives back unchanged is not written.
   * @throws what `decide` throws; nothing is changed then
   */
  change(
    tenantId: string,
    now: Date,
    decide: (own: TenantDefinitions, usage: Usage) => Promise<TenantDefinitions>,
  ): Promise<void>;
}

/** @param changed told of a tenant whose definitions are others now */
export function tenantDefinitionStore(
  { forTenant }: Connection,
  changed: (tenantId: string) => void,
): TenantDefinitionStore {
  return Object.freeze<TenantDefinitionStore>({
    read: (tenantId) => retrying(() => readDefinitions(forTenant(tenantId), tenantId), 3, 'read'),
    readChoice: (tenantId) =>
      retrying(
        async () => {
          const row = await forTenant(tenantId)
            .selectFrom('rollcall_data.tenants')
            .where('id', '=', tenantId)
            .select('provisioning')
            .executeTakeFirst();
          return provisioningOf(row?.provisioning ?? {});
        },
        3,
        'read',
      ),
    async change(tenantId, now, decide) {
      await retrying(() =>
        forTenant(tenantId)
          .transaction()
          .execute(async (db) => {
            // Stronger than needed against another change: every row made for the tenant holds its key, so that what
            // is counted below are all resources that know the old definitions.
            const tenant = await db
              .selectFrom('rollcall_data.tenants')
              .where('id', '=', tenantId)
              .select('id')
              .forUpdate()
              .executeTakeFirst();
            if (!tenant) throw notFound('There is no tenant of this name.');
            const before = await readDefinitions(db, tenantId);
            const after = await decide(before, usageIn(db, tenantId));
            if (after === before) return;
            await writeSchemas(db, tenantId, before, after, now);
            await writeResourceTypes(db, tenantId, before, after, now);
            await db
              .updateTable('rollcall_data.tenants')
              .set((eb) => ({ schemas_version: eb('schemas_version', '+', 1) }))
              .where('id', '=', tenantId)
              .execute();
            await announce(db, tenantId);
          }),
      );
      changed(tenantId);
    },
  });
}

async function readDefinitions(db: Kysely<Database>, tenantId: string): Promise<TenantDefinitions> {
  // In one statement, so that no resource type is seen without its schema.
  const rows = await db
    .selectFrom('rollcall_data.tenant_schemas as s')
    .where('s.tenant_id', '=', tenantId)
    .select([
      sql<boolean>`true`.as('is_schema'),
      's.created_at as created_at',
      's.id as name',
      sql<TenantSchema | ResourceTypeDefinition | null>`${sql.ref('s.definition')}`.as('definition'),
    ])
    .unionAll(
      db
        .selectFrom('rollcall_data.tenant_resource_types as t')
        .where('t.tenant_id', '=', tenantId)
        .select([
          sql<boolean>`false`.as('is_schema'),
          't.created_at as created_at',
          't.name as name',
          sql<TenantSchema | ResourceTypeDefinition | null>`${sql.ref('t.definition')}`.as('definition'),
        ]),
    )
    .orderBy('created_at')
    .orderBy('name')
    .execute();
  const types = rows.filter((row) => !row.is_schema);
  return {
    schemas: rows.filter((row) => row.is_schema).map(({ definition }) => definition as TenantSchema),
    resourceTypes: types
      .map(({ definition }) => definition as ResourceTypeDefinition | null)
      .filter((definition) => definition !== null),
    switchedOn: types.filter(({ definition }) => definition === null).map(({ name }) => name),
  };
}

function usageIn(db: Kysely<Database>, tenantId: string): Usage {
  const living = (types: readonly string[]) =>
    db
      .selectFrom('rollcall_data.resources as r')
      .where('r.tenant_id', '=', tenantId)
      .where('r.type', '=', sql<string>`any(${types}::text[])`)
      .where('r.deleted_at', 'is', null)
      .select(sql<string>`count(*)`.as('count'));
  return {
    async carrying(urn, types) {
      const carrying = sql<boolean>`jsonb_exists(${sql.ref('r.folded')}, ${urn.toLowerCase()})`;
      const { count } = await living(types).where(carrying).executeTakeFirstOrThrow();
      return Number(count);
    },
    async ofTypes(types) {
      const { count } = await living(types).executeTakeFirstOrThrow();
      return Number(count);
    },
  };
}

async function writeSchemas(
  db: Kysely<Database>,
  tenantId: string,
  before: TenantDefinitions,
  after: TenantDefinitions,
  now: Date,
): Promise<void> {
  const idOf = ({ id }: TenantSchema): string => id.toLowerCase();
  const kept = new Set(after.schemas.map(idOf));
  for (const schema of before.schemas.filter((one) => !kept.has(idOf(one)))) {
    await db
      .deleteFrom('rollcall_data.tenant_schemas as s')
      .where('s.tenant_id', '=', tenantId)
      .where('s.id', '=', idOf(schema))
      .execute();
  }
  for (const schema of after.schemas.filter((one) => !before.schemas.includes(one))) {
    const definition = JSON.stringify(schema);
    await db
      .insertInto('rollcall_data.tenant_schemas')
      .values({ tenant_id: tenantId, id: idOf(schema), definition, created_at: now, modified_at: now })
      .onConflict((oc) => oc.columns(['tenant_id', 'id']).doUpdateSet({ definition, modified_at: now }))
      .execute();
  }
}

async function writeResourceTypes(
  db: Kysely<Database>,
  tenantId: string,
  before: TenantDefinitions,
  after: TenantDefinitions,
  now: Date,
): Promise<void> {
  const rowsOf = ({ resourceTypes, switchedOn }: TenantDefinitions) =>
    new Map<string, ResourceTypeDefinition | null>([
      ...resourceTypes.map((type) => [type.name, type] as const),
      ...switchedOn.map((name) => [name, null] as const),
    ]);
  const old = rowsOf(before);
  const next = rowsOf(after);
  for (const name of old.keys()) {
    if (next.has(name)) continue;
    await db
      .deleteFrom('rollcall_data.tenant_resource_types as t')
      .where('t.tenant_id', '=', tenantId)
      .where('t.name', '=', name)
      .execute();
  }
  for (const [name, type] of next) {
    if (old.has(name) && old.get(name) === type) continue;
    const definition = type === null ? null : JSON.stringify(type);
    await db
      .insertInto('rollcall_data.tenant_resource_types')
      .values({ tenant_id: tenantId, name, definition, created_at: now, modified_at: now })
      .onConflict((oc) => oc.columns(['tenant_id', 'name']).doUpdateSet({ definition, modified_at: now }))
      .execute();
  }
}
