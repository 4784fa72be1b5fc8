import { expressionBuilder, type RawBuilder, sql } from 'kysely';
import type { Database } from './tables.ts';

const { fn } = expressionBuilder<Database>();

/** The address that counts of those in the attributes of a column: what the view shows, and an index finds. */
export function emailOf(attributes: string): RawBuilder<string | null> {
  return sql`${fn<string | null>('rollcall_data.email_of', [sql.ref(attributes)])}`;
}
