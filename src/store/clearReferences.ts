/** What other resources say of one that is deleted (B7.03). */
import { type RawBuilder, sql } from 'kysely';
import type { ReferenceAttribute } from '../scim/schema/references.ts';
import type { Origin } from './origin.ts';
import type { Scope } from './readResources.ts';

/**
 * Unassigns an attribute where it refers to a resource, in one statement however many they are: their version goes up,
 * and the feed tells of each.
 * @param freeze whether the application goes on to see what it has seen so far
 * @returns the ids of users whose change is still to be settled
 */
export async function clearReferences(
  { db, tenantId }: Scope,
  { type, attribute }: ReferenceAttribute,
  id: string,
  freeze: boolean,
  { at, actor, tokenId, requestId }: Origin,
): Promise<readonly string[]> {
  const { extension, name, key, multiValued } = attribute;
  const element = { [key]: multiValued ? [{ value: id }] : { value: id } };
  const refers = JSON.stringify(extension ? { [extension.toLowerCase()]: element } : element);
  const without = (column: 'r.attributes' | 'r.folded', container: string | undefined, own: string) =>
    withoutReference(sql.ref(column), container, own, multiValued ? id : undefined);
  const image = (attributes: string) =>
    sql<string>`(case when jsonb_exists(${sql.ref(attributes)}, ${extension ?? name}::text)
      then jsonb_build_object(${extension ?? name}::text, ${sql.ref(attributes)} -> ${extension ?? name}::text)
      else '{}'::jsonb end)`;
  const rows = await db
    .with('found', (qb) =>
      qb
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.type', '=', type.name)
        .where('r.deleted_at', 'is', null)
        .where(sql<boolean>`${sql.ref('r.folded')} @> ${refers}::jsonb`)
        .forNoKeyUpdate()
        .select(['r.id', 'r.attributes']),
    )
    .with('cleared', (qb) =>
      qb
        .updateTable('rollcall_data.resources as r')
        .from('found as f')
        .set({
          attributes: without('r.attributes', extension, name),
          folded: without('r.folded', extension?.toLowerCase(), key),
          version: sql<number>`${sql.ref('r.version')} + 1`,
          modified_at: at,
        })
        .where('r.tenant_id', '=', tenantId)
        .whereRef('r.id', '=', 'f.id')
        .returning([
          'r.id',
          'r.account_id',
          'r.version',
          'r.attributes',
          sql<Record<string, unknown>>`${sql.ref('f.attributes')}`.as('old'),
        ]),
    )
    .with('frozen', (qb) =>
      qb
        .updateTable('rollcall_data.accounts as a')
        .from('cleared as c')
        .set({ frozen: sql`coalesce(${sql.ref('a.frozen')}, ${sql.ref('c.old')})` })
        .where('a.tenant_id', '=', tenantId)
        .whereRef('a.id', '=', 'c.account_id')
        .where(sql<boolean>`${freeze}::boolean`)
        .returning('c.id'),
    )
    .with('told', (qb) =>
      qb
        .insertInto('rollcall_data.changes')
        .columns([
          ...(['tenant_id', 'at', 'kind', 'resource_type', 'resource_id', 'account_id', 'version'] as const),
          ...(['paths', 'before', 'after', 'actor', 'token_id', 'request_id'] as const),
        ])
        .expression((eb) =>
          eb
            .selectFrom('cleared')
            .where(sql<boolean>`(not ${freeze}::boolean or ${sql.ref('cleared.account_id')} is null)`)
            .select((own) => [
              own.val(tenantId).as('tenant_id'),
              sql<Date>`${at}::timestamptz`.as('at'),
              sql<string>`case when ${own.ref('cleared.account_id')} is null then 'resource.updated' else 'account.updated' end`.as(
                'kind',
              ),
              sql<string>`${type.name}::text`.as('resource_type'),
              own.ref('cleared.id').as('resource_id'),
              own.ref('cleared.account_id').as('account_id'),
              own.ref('cleared.version').as('version'),
              sql<string[]>`${[attribute.path]}::text[]`.as('paths'),
              image('cleared.old').as('before'),
              image('cleared.attributes').as('after'),
              sql<'token'>`${actor}::text`.as('actor'),
              sql<string | null>`${tokenId}::uuid`.as('token_id'),
              sql<string>`${requestId}::text`.as('request_id'),
            ]),
        )
        .returning('seq'),
    )
    .selectFrom('frozen')
    .select('id')
    .execute();
  return rows.map((row) => row.id);
}
/** The document without the attribute, or without the element that refers to the id; an empty container goes. */
function withoutReference(
  document: RawBuilder<unknown>,
  container: string | undefined,
  name: string,
  id: string | undefined,
): RawBuilder<string> {
  const whole = container === undefined ? document : sql`(${document} -> ${container}::text)`;
  const gone = sql`(${whole} - ${name}::text)`;
  const kept = sql`(select jsonb_agg(element.value order by element.n)
    from jsonb_array_elements(${whole} -> ${name}::text) with ordinality as element(value, n)
    where element.value ->> 'value' is distinct from ${id ?? null}::text)`;
  const changed =
    id === undefined
      ? gone
      : sql`(case when ${kept} is null then ${gone} else jsonb_set(${whole}, array[${name}::text], ${kept}) end)`;
  if (container === undefined) return sql`${changed}`;
  return sql`(case when ${changed} = '{}'::jsonb then ${document} - ${container}::text
    else jsonb_set(${document}, array[${container}::text], ${changed}) end)`;
}
