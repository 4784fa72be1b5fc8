/** Who is there already, for a list of texts by which people are known. */
import { sql } from 'kysely';
import type { Resident } from '../../provisioning/preflight.ts';
import type { ResourceType } from '../../scim/schema/resourceType.ts';
import type { Scope } from '../readResources.ts';
import { eachText } from './eachText.ts';

interface Row {
  text: string;
  account_id: string | null;
  resource_id: string;
  user_name: string | null;
  imported: boolean;
  active: boolean;
}

/** People of the directory by `key` or `external_id`, or those who were deleted and have left an account behind. */
export async function residentsBy(
  { db, tenantId }: Scope,
  type: ResourceType,
  column: 'key' | 'external_id',
  state: 'living' | 'gone',
  texts: readonly string[],
): Promise<Map<string, Resident>> {
  if (texts.length === 0) return new Map();
  const rows = await db
    .selectFrom(eachText(texts))
    .crossJoinLateral((eb) => {
      const found = eb
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.type', '=', type.name)
        .where(sql<boolean>`${sql.ref(`r.${column}`)} = ${sql.ref('x.text')}`)
        .select(['r.id', 'r.account_id', 'r.imported', 'r.active'])
        .select(sql<string | null>`${sql.ref('r.attributes')} ->> 'userName'`.as('user_name'))
        .limit(1);
      return (
        state === 'living'
          ? found.where('r.deleted_at', 'is', null)
          : found
              .where('r.deleted_at', 'is not', null)
              .where('r.account_id', 'is not', null)
              .orderBy('r.deleted_at', 'desc')
      ).as('found');
    })
    .select(['x.text', 'found.account_id', 'found.id as resource_id', 'found.user_name'])
    .select(['found.imported', 'found.active'])
    .execute();
  return new Map(rows.map((row) => [row.text, residentOf(row)]));
}

/** Living people by address, in lower case; two of each are enough to know that there are several. */
export async function residentsByEmail(
  { db, tenantId }: Scope,
  emails: readonly string[],
): Promise<Map<string, Resident[]>> {
  if (emails.length === 0) return new Map();
  const rows = await db
    .selectFrom(eachText(emails))
    .crossJoinLateral((eb) =>
      eb
        .selectFrom('rollcall_data.accounts as a')
        .innerJoin('rollcall_data.resources as r', (on) =>
          on.on('r.tenant_id', '=', tenantId).onRef('r.id', '=', 'a.resource_id'),
        )
        .where('a.tenant_id', '=', tenantId)
        .where(sql<boolean>`lower(${sql.ref('a.email')}) = ${sql.ref('x.text')}`)
        .where('r.deleted_at', 'is', null)
        .limit(2)
        .select(['a.id as account_id', 'r.id as resource_id', 'a.user_name', 'r.imported', 'r.active'])
        .as('found'),
    )
    .select(['x.text', 'found.account_id', 'found.resource_id', 'found.user_name'])
    .select(['found.imported', 'found.active'])
    .execute();
  const found = new Map<string, Resident[]>();
  for (const row of rows) found.set(row.text, [...(found.get(row.text) ?? []), residentOf(row)]);
  return found;
}

function residentOf({ account_id, resource_id, user_name, imported, active }: Row): Resident {
  return { accountId: account_id, resourceId: resource_id, userName: user_name, imported, active };
}
