import { type AliasedRawBuilder, sql } from 'kysely';

/**
 * Texts as rows `x`, each of which is looked for by itself. `= any(…)` would be planned as one condition on all the
 * tenant's rows where the planner does not know yet how many those are: a thousand comparisons for each of a million.
 */
export function eachText(texts: readonly string[]): AliasedRawBuilder<{ text: string }, 'x'> {
  return sql<{ text: string }>`unnest(${texts}::text[])`.as<'x'>(sql`x(text)`);
}
