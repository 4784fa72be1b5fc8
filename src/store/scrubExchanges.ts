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
  const wanted = sql`(select unnest(${[...new Set(names.flatMap(spellings))]}::text[]))`;
  // A value stands between quotes, which are escaped in a filter within a path; outside bodies, between slashes or spaces.
  const body = sql`lower(concat_ws('"', ${sql.ref('x.detail')}, ${sql.ref('x.request')}::text))`;
  const line = sql`lower(concat_ws('"', ${sql.ref('x.path')}, ${sql.ref('x.detail')}))`;
  const words = sql`unnest(string_to_array(${body}, '"') || string_to_array(translate(${line}, '/ ,;', '""""'), '"'))`;
  // Day by day, so that no statement takes as long as the whole log.
  const start = Math.floor(first.getTime() / DAY_MS) * DAY_MS;
  for (let day = start; day <= last.getTime(); day += DAY_MS) {
    // Joined by a hash, so that it does not matter how many are looked for.
    const about = db
      .selectFrom(['rollcall_data.exchanges as x', words.as<'w'>(sql`w(word)`)])
      .where('x.tenant_id', '=', tenantId)
      .where('x.at', '>=', new Date(day))
      .where('x.at', '<', new Date(day + DAY_MS))
      .where(sql<boolean>`rtrim(w.word, '\\.') in ${wanted}`)
      .select('x.request_id');
    await db
      .updateTable('rollcall_data.exchanges as e')
      .set({ request: null, detail: null, path: '/scim/v2/[erased]' })
      .where('e.tenant_id', '=', tenantId)
      .where('e.at', '>=', new Date(day))
      .where('e.at', '<', new Date(day + DAY_MS))
      .where((eb) =>
        eb.or([
          eb('e.request_id', '=', sql<string>`any(${requestIds}::text[])`),
          eb('e.request_id', 'in', about),
        ]),
      )
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
      // As an operation of a bulk request names a resource.
      `/users/${word}`,
    ])
    .map((word) => word.replace(/[\\.]+$/, ''));
}
