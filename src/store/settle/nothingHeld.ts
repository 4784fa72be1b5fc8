import { sql } from 'kysely';

/** In the place of what is held of somebody, or of a membership. */
export const NOTHING_HELD = [
  sql<string | null>`null::uuid`.as('hold_id'),
  sql<boolean | null>`null::boolean`.as('rejected'),
  sql`null::jsonb`.as('held'),
] as const;
