/** What follows from imported people beyond what an import itself writes: from groups, roles of their own, admission. */
import type { Transaction } from '../store/directory.ts';
import type { TenantContext } from './context.ts';
import { originOf } from './origin.ts';
import { settle } from './settle.ts';
import { ownRoleOf } from './terms.ts';

/** @param ids of resources that the transaction has written; nothing of it needs another's approval */
export async function settleImported(
  context: TenantContext,
  transaction: Transaction,
  ids: readonly string[],
): Promise<void> {
  const { recomputation } = transaction;
  for (const { id, document, ownRole } of await recomputation.documents(ids)) {
    const role = ownRoleOf(context, document);
    if (role !== ownRole) await recomputation.setOwnRole(id, role);
  }
  await transaction.lockStructure('read');
  const concerned = { ids, nested: false, organizations: 'all' } as const;
  await settle(context, transaction, concerned, originOf(context, context.now()), 'given');
}
