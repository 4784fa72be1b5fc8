/** The hashes of passwords, in a table of their own: no query of resources can bring one along (A6.02). */
import { sql } from 'kysely';
import type { Scope } from './readResources.ts';

/**
 * Keeps the hash of a resource's password, or removes it. Nothing is kept for a tenant that has just been told to
 * keep none, which the request may not have heard of.
 */
export async function setPassword(
  { db, tenantId }: Scope,
  resourceId: string,
  hash: string | null,
  now: Date,
): Promise<void> {
  if (hash === null) {
    await db
      .deleteFrom('rollcall_data.passwords')
      .where('tenant_id', '=', tenantId)
      .where('resource_id', '=', resourceId)
      .execute();
    return;
  }
  await db
    .insertInto('rollcall_data.passwords')
    .columns(['tenant_id', 'resource_id', 'hash', 'set_at'])
    .expression((eb) =>
      eb
        .selectFrom('rollcall_data.tenants as t')
        .where('t.id', '=', tenantId)
        .where('t.store_passwords', '=', true)
        .select((own) => [
          own.val(tenantId).as('tenant_id'),
          sql<string>`${resourceId}::uuid`.as('resource_id'),
          own.val(hash).as('hash'),
          sql<Date>`${now}::timestamptz`.as('set_at'),
        ])
        // Waits for a change of the setting that is under way.
        .forShare(),
    )
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'resource_id']).doUpdateSet((eb) => ({
        hash: eb.ref('excluded.hash'),
        set_at: eb.ref('excluded.set_at'),
      })),
    )
    .execute();
}
