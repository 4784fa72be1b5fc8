/** What there is already of the people of a batch. */
import { sql } from 'kysely';
import type { Gone, KnownAccount, Living } from '../../provisioning/importing.ts';
import { type ProvisioningSettings, provisioningOf } from '../../provisioning/settings.ts';
import { declaredOnly } from '../../scim/resource/declared.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import type { Scope } from '../readResources.ts';
import { eachText } from './eachText.ts';

/** What holds for the whole tenant. */
export interface ImportSettings {
  readonly provisioning: ProvisioningSettings;
  readonly paused: boolean;
  /** Of the default organization. */
  readonly organizationId: string | null;
}

/** Read anew for each batch: an admin may change it while a long import runs. */
export async function readSettings({ db, tenantId }: Scope): Promise<ImportSettings> {
  const row = await db
    .selectFrom('rollcall_data.tenants as t')
    .leftJoin('rollcall_data.organizations as o', (on) =>
      on.on('o.tenant_id', '=', tenantId).on('o.is_default', '=', true),
    )
    .where('t.id', '=', tenantId)
    .select(['t.provisioning', 't.paused', 'o.id'])
    .executeTakeFirstOrThrow();
  return { provisioning: provisioningOf(row.provisioning), paused: row.paused, organizationId: row.id };
}

/** Living resources of the type, by key. */
export async function findLiving(
  { db, tenantId }: Scope,
  type: ResourceType,
  keys: readonly string[],
): Promise<Map<string, Living>> {
  const rows = await db
    .selectFrom(eachText(keys))
    .crossJoinLateral((eb) =>
      eb
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.type', '=', type.name)
        .where('r.deleted_at', 'is', null)
        .where(sql<boolean>`${sql.ref('r.key')} = ${sql.ref('x.text')}`)
        .limit(1)
        .select(['r.id', 'r.version', 'r.imported', 'r.attributes', 'r.account_id'])
        .as('found'),
    )
    .leftJoin('rollcall_data.accounts as a', (on) =>
      on.on('a.tenant_id', '=', tenantId).onRef('a.id', '=', 'found.account_id'),
    )
    .select(['x.text', 'found.id', 'found.version', 'found.imported', 'found.attributes'])
    .select(['a.id as account_id', 'a.active', 'a.reason', 'a.application_id'])
    .execute();
  return new Map(
    rows.map((row) => [
      row.text,
      {
        id: row.id,
        version: row.version,
        imported: row.imported,
        document: declaredOnly(type, row.attributes),
        account: row.account_id === null ? null : accountOf({ ...row, account_id: row.account_id }),
      },
    ]),
  );
}

/** Accounts whose resource is deleted, by its key; of several the one that was deleted last. */
export async function findGone(
  { db, tenantId }: Scope,
  type: ResourceType,
  keys: readonly string[],
): Promise<Map<string, Gone>> {
  const rows = await db
    .selectFrom(eachText(keys))
    .crossJoinLateral((eb) =>
      eb
        .selectFrom('rollcall_data.resources as r')
        .innerJoin('rollcall_data.accounts as a', (on) =>
          on
            .on('a.tenant_id', '=', tenantId)
            .onRef('a.id', '=', 'r.account_id')
            .onRef('a.resource_id', '=', 'r.id'),
        )
        .where('r.tenant_id', '=', tenantId)
        .where('r.type', '=', type.name)
        .where('r.deleted_at', 'is not', null)
        .where('r.account_id', 'is not', null)
        .where(sql<boolean>`${sql.ref('r.key')} = ${sql.ref('x.text')}`)
        .orderBy('r.deleted_at', 'desc')
        .limit(1)
        .select(['r.attributes', 'a.id as account_id', 'a.active', 'a.reason', 'a.application_id'])
        .as('found'),
    )
    .select(['x.text', 'found.attributes', 'found.account_id'])
    .select(['found.active', 'found.reason', 'found.application_id'])
    .execute();
  return new Map(
    rows.map((row) => [row.text, { document: declaredOnly(type, row.attributes), account: accountOf(row) }]),
  );
}

/** Whose these applicationIds are. */
export async function findOwners(
  { db, tenantId }: Scope,
  applicationIds: readonly string[],
): Promise<Map<string, { account: string; userName: string | null }>> {
  if (applicationIds.length === 0) return new Map();
  const rows = await db
    .selectFrom(eachText(applicationIds))
    .crossJoinLateral((eb) =>
      eb
        .selectFrom('rollcall_data.accounts as a')
        .where('a.tenant_id', '=', tenantId)
        .where(sql<boolean>`${sql.ref('a.application_id')} = ${sql.ref('x.text')}`)
        .limit(1)
        .select(['a.id', 'a.user_name'])
        .as('found'),
    )
    .select(['x.text', 'found.id', 'found.user_name'])
    .execute();
  return new Map(rows.map((row) => [row.text, { account: row.id, userName: row.user_name }]));
}

function accountOf(row: {
  account_id: string;
  active: boolean | null;
  reason: KnownAccount['reason'];
  application_id: string | null;
}): KnownAccount {
  return {
    id: row.account_id,
    active: row.active ?? false,
    reason: row.reason,
    applicationId: row.application_id,
  };
}
