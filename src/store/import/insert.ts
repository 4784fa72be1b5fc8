/** Imported people who are not in the directory. */
import { sql } from 'kysely';
import { emailOf } from '../../provisioning/emailOf.ts';
import type { Gone } from '../../provisioning/importing.ts';
import { readFilter } from '../../scim/filter/read.ts';
import { isActive } from '../../scim/resource/active.ts';
import type { Document } from '../../scim/resource/document.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import { createLeniency } from '../../scim/tolerance.ts';
import type { Scope } from '../readResources.ts';
import { documentColumns } from '../row.ts';
import { compileWhere } from '../where.ts';
import { appendChanges, type ImportCause } from './feed.ts';
import type { ImportSettings } from './find.ts';
import { joinDefault } from './memberships.ts';
import { recordset } from './recordset.ts';
import { accountChanges, rewriteAccounts } from './rewrite.ts';

/** Somebody to be added. */
export interface NewPerson {
  readonly resourceId: string;
  readonly accountId: string;
  readonly document: Document;
  readonly applicationId: string | undefined;
  /** What they had, where they come back. */
  readonly gone: Gone | undefined;
}

interface ResourceRow {
  id: string;
  account_id: string;
  key: string | null;
  external_id: string | null;
  active: boolean;
  attributes: string;
  folded: string;
}

interface AccountRow {
  id: string;
  resource_id: string;
  active: boolean;
  user_name: string | null;
  email: string | null;
  application_id: string | null;
}

/** Adds resources, accounts, memberships and changes, each in one statement. */
export async function insertPeople(
  scope: Scope,
  type: ResourceType,
  people: readonly NewPerson[],
  settings: ImportSettings,
  cause: ImportCause,
): Promise<void> {
  if (people.length === 0) return;
  const columns = people.map(({ document }) => documentColumns(type, document));
  const texts = people.map(({ resourceId, accountId }, index) => {
    const { key, external_id, active, attributes, folded } = columns[index] as (typeof columns)[number];
    const plain = JSON.stringify({ id: resourceId, account_id: accountId, key, external_id, active });
    return `${plain.slice(0, -1)},"attributes":${attributes},"folded":${folded}}`;
  });
  await insertResources(scope, type, texts, cause);
  const excluded = await dropExcluded(scope, type, people, settings);

  const isIn = ({ resourceId }: NewPerson): boolean => !excluded.has(resourceId);
  const fresh = people.filter((person) => !person.gone && isIn(person));
  await insertAccounts(scope, type, fresh, cause);
  const returning = people.flatMap(({ gone, ...person }) =>
    gone
      ? [
          {
            ...person,
            version: 1,
            before: gone.document,
            account: gone.account,
            admitted: isIn({ gone, ...person }),
          },
        ]
      : [],
  );
  await rewriteAccounts(scope, type, returning, cause);

  const told = people.flatMap((person, index): string[] => {
    const { resourceId: resource_id, accountId: account_id, document, gone } = person;
    const about = { resource_id, version: 1, paths: Object.keys(document) };
    if (gone) return [];
    if (!isIn(person)) return [JSON.stringify({ kind: 'resource.created', ...about })];
    const active = isActive(type, document);
    const plain = JSON.stringify({ kind: 'account.created', account_id, ...about });
    // The document is text already.
    const state = `"active":${active},"reason":${active ? 'null' : '"suspended"'}`;
    const attributes = columns[index]?.attributes.slice(0, -1);
    return [`${plain.slice(0, -1)},"after":${attributes},${state}}}`];
  });
  const came = returning.flatMap((person) => accountChanges(type, person));
  const joining = people.filter((person) => isIn(person) && isActive(type, person.document));
  const joined = await joinDefault(
    scope,
    settings,
    joining.map(({ accountId }) => accountId),
  );
  await appendChanges(
    scope,
    [...told, ...[...came, ...joined].map((change) => JSON.stringify(change))],
    cause,
  );
}

async function insertResources(
  { db, tenantId }: Scope,
  type: ResourceType,
  rows: readonly string[],
  { at }: ImportCause,
): Promise<void> {
  const columns =
    'id uuid, account_id uuid, key text, external_id text, active boolean, attributes jsonb, folded jsonb';
  await db
    .insertInto('rollcall_data.resources')
    .columns([
      ...(['tenant_id', 'id', 'type', 'account_id', 'key', 'external_id', 'active', 'attributes'] as const),
      ...(['folded', 'imported', 'created_at', 'modified_at'] as const),
    ])
    .expression((eb) =>
      eb
        .selectFrom(recordset<ResourceRow>(rows, columns))
        .select((x) => [
          x.val(tenantId).as('tenant_id'),
          'x.id',
          sql<string>`${type.name}::text`.as('type'),
          ...(['x.account_id', 'x.key', 'x.external_id', 'x.active', 'x.attributes', 'x.folded'] as const),
          sql<boolean>`true`.as('imported'),
          sql<Date>`${at}::timestamptz`.as('created_at'),
          sql<Date>`${at}::timestamptz`.as('modified_at'),
        ]),
    )
    .execute();
}

/** @returns the resources whom the tenant's admission filter lets have no account */
async function dropExcluded(
  { db, tenantId }: Scope,
  type: ResourceType,
  people: readonly NewPerson[],
  { provisioning: { admission } }: ImportSettings,
): Promise<ReadonlySet<string>> {
  if (admission === null) return new Set();
  const ids = people.map(({ resourceId }) => resourceId);
  const matches = compileWhere(tenantId, type, readFilter(type, admission, createLeniency('tolerant')));
  const rows = await db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.id', '=', sql<string>`any(${ids}::uuid[])`)
    .where(sql<boolean>`(${matches}) is not true`)
    .select('r.id')
    .execute();
  const excluded = new Set(rows.map(({ id }) => id));
  // Who comes back keeps the account, which says why it is inactive.
  const without = people.filter(({ resourceId, gone }) => !gone && excluded.has(resourceId));
  if (without.length > 0) {
    await db
      .updateTable('rollcall_data.resources as r')
      .set({ account_id: null })
      .where('r.tenant_id', '=', tenantId)
      .where('r.id', '=', sql<string>`any(${without.map(({ resourceId }) => resourceId)}::uuid[])`)
      .execute();
  }
  return excluded;
}

async function insertAccounts(
  { db, tenantId }: Scope,
  type: ResourceType,
  people: readonly NewPerson[],
  { at }: ImportCause,
): Promise<void> {
  if (people.length === 0) return;
  const rows = people.map(({ accountId, resourceId, document, applicationId }) =>
    JSON.stringify({
      id: accountId,
      resource_id: resourceId,
      active: isActive(type, document),
      user_name: document['userName'],
      email: emailOf(document),
      application_id: applicationId,
    }),
  );
  const columns =
    'id uuid, resource_id uuid, active boolean, user_name text, email text, application_id text';
  await db
    .insertInto('rollcall_data.accounts')
    .columns([
      ...(['tenant_id', 'id', 'resource_id', 'active', 'reason', 'user_name', 'email'] as const),
      ...(['application_id', 'created_at', 'modified_at'] as const),
    ])
    .expression((eb) =>
      eb
        .selectFrom(recordset<AccountRow>(rows, columns))
        .select((x) => [
          x.val(tenantId).as('tenant_id'),
          ...(['x.id', 'x.resource_id', 'x.active'] as const),
          sql<'suspended' | null>`case when not ${x.ref('x.active')} then 'suspended' end`.as('reason'),
          ...(['x.user_name', 'x.email', 'x.application_id'] as const),
          sql<Date>`${at}::timestamptz`.as('created_at'),
          sql<Date>`${at}::timestamptz`.as('modified_at'),
        ]),
    )
    .execute();
}
