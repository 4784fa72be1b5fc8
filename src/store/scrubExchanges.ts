import { sql } from 'kysely';
import type { TenantScope } from './tenantScope.ts';

const DAY_MS = 86_400_000;

/**
 * Takes body, detail and path from those exchanges of the provisioning log that were about people or name them: in
 * quotes, or as a part of a path. That there was a request, and how it ended, stays.
 *
 * @param requestIds the requests that are known to be about them
 * @param names ids and other words by which they are known, compared without regard to case
 */
export async function scrubExchanges(
  { db, tenantId }: TenantScope,
  requestIds: readonly string[],
  names: readonly string[],
): Promise<void> {
  const { first, last } = await db
    .selectFrom('rollcall_data.exchanges as e')
    .where('e.tenant_id', '=', tenantId)
    .select((eb) => [eb.fn.min<Date | null>('e.at').as('first'), eb.fn.max<Date | null>('e.at').as('last')])
    .executeTakeFirstOrThrow();
  if (first === null || last === null) return;
  const words = [...new Set(names.flatMap(spellings))];
  const text = sql`lower(concat_ws('"', ${sql.ref('e.path')}, ${sql.ref('e.detail')}, ${sql.ref('e.request')}::text))`;
  // A value stands between quotes, which are escaped in a filter within a path; an id also between slashes or spaces.
  const named = sql<boolean>`exists (
    select from unnest(string_to_array(${text}, '"') || string_to_array(translate(${text}, '/ ,;', '""""'), '"')) as w(word)
    where rtrim(w.word, '\\.') = any(${words}::text[]))`;
  // Day by day, so that no statement takes as long as the whole log.
  const start = Math.floor(first.getTime() / DAY_MS) * DAY_MS;
  for (let day = start; day <= last.getTime(); day += DAY_MS) {
    await db
      .updateTable('rollcall_data.exchanges as e')
      .set({ request: null, detail: null, path: '/scim/v2/[erased]' })
      .where('e.tenant_id', '=', tenantId)
      .where('e.at', '>=', new Date(day))
      .where('e.at', '<', new Date(day + DAY_MS))
      .where((eb) => eb.or([eb('e.request_id', '=', sql<string>`any(${requestIds}::text[])`), named]))
      .execute();
  }
}

/** As they stand in a path and in JSON; in lower case as the database makes it, which by its locale may be ASCII's. */
function spellings(name: string): readonly string[] {
  return [name.toLowerCase(), name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())]
    .flatMap((word) => [
      word,
      encodeURIComponent(word.toWellFormed()).toLowerCase(),
      JSON.stringify(word).slice(1, -1),
    ])
    .map((word) => word.replace(/[\\.]+$/, ''));
}
