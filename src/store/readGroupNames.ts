import { sql } from 'kysely';
import type { TenantScope } from './tenantScope.ts';

/** A group that gives a membership. */
export interface GivingGroup {
  readonly id: string;
  /** Null for one that has gone, until its effect has. */
  readonly name: string | null;
}

/** @returns for any of these groups, in their order, what they are called */
export async function readGroupNames(
  { db, tenantId }: TenantScope,
  ids: readonly string[],
): Promise<(ids: readonly string[]) => readonly GivingGroup[]> {
  const wanted = [...new Set(ids)];
  const rows =
    wanted.length === 0
      ? []
      : await db
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .where('r.id', '=', sql<string>`any(${wanted}::uuid[])`)
          .select(['r.id', sql<string | null>`${sql.ref('r.attributes')} ->> 'displayName'`.as('name')])
          .execute();
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return (groups) => groups.map((id) => ({ id, name: names.get(id) ?? null }));
}
