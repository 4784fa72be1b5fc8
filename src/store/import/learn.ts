import type { Connection } from '../connection.ts';

/**
 * Has the planner look at the tables now. It learns of many new people by itself, but as much as minutes later, and until
 * then it cannot tell the index that finds a person from one that finds all of a tenant. Best effort: without the
 * right to it, or the time, things are slow at worst.
 */
export async function learn({ pool }: Pick<Connection, 'pool'>): Promise<void> {
  await pool
    .query('analyze rollcall_data.resources, rollcall_data.accounts, rollcall_data.preflight_matches')
    .catch(() => undefined);
}
