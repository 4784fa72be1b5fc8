import { referencesTo } from '../scim/schema/references.ts';
import { clearReferences } from './clearReferences.ts';
import type { Scope } from './readResources.ts';
import { removeAccounts } from './removeAccounts.ts';
import { uuidOf } from './where/uuid.ts';

export interface Erasure {
  readonly at: Date;
  readonly requestId: string;
}

/**
 * Erases a person for good, in the directory too. To be run in a transaction.
 *
 * @returns whether there was such an account; any text may be given as id
 */
export async function eraseAccount(scope: Scope, id: string, { at, requestId }: Erasure): Promise<boolean> {
  const { db, tenantId, byName } = scope;
  const uuid = uuidOf(id);
  if (uuid === undefined) return false;
  // The resource before the account, as everybody locks them.
  const resource = await db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.id', 'in', (eb) =>
      eb
        .selectFrom('rollcall_data.accounts as a')
        .where('a.tenant_id', '=', tenantId)
        .where('a.id', '=', uuid)
        .select('a.resource_id'),
    )
    .forUpdate()
    .select(['r.id', 'r.type', 'r.deleted_at'])
    .executeTakeFirst();
  const account = await db
    .selectFrom('rollcall_data.accounts as a')
    .where('a.tenant_id', '=', tenantId)
    .where('a.id', '=', uuid)
    .forUpdate()
    .select('a.id')
    .executeTakeFirst();
  if (!account) return false;
  if (resource && resource.deleted_at === null) {
    const origin = { at, actor: 'admin', tokenId: null, requestId } as const;
    for (const reference of referencesTo([...byName.values()], resource.type))
      await clearReferences(scope, reference, resource.id, false, origin);
  }
  await removeAccounts(scope, [uuid], { kind: 'account.erased', actor: 'admin', at, requestId });
  return true;
}
