import { type AliasedRawBuilder, sql } from 'kysely';

/**
 * Rows for a statement, as one parameter however many they are. In the statement they are called `x`.
 * @param rows JSON texts of objects
 * @param columns as SQL declares them
 */
export function recordset<Row>(rows: readonly string[], columns: string): AliasedRawBuilder<Row, 'x'> {
  return sql<Row>`json_to_recordset(${`[${rows.join(',')}]`}::json)`.as<'x'>(sql`x(${sql.raw(columns)})`);
}
