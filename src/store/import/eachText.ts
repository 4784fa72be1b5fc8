import { type AliasedRawBuilder, sql } from 'kysely';

/** Texts as rows `x`, each of which is looked for by itself: `= any(…)` may be planned as a filter of all rows. */
export function eachText(texts: readonly string[]): AliasedRawBuilder<{ text: string }, 'x'> {
  return sql<{ text: string }>`unnest(${texts}::text[])`.as<'x'>(sql`x(text)`);
}
