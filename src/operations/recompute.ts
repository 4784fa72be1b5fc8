/** Has accounts and organizations follow settings that are new: piece by piece, and again after a crash where it stopped. */
import { declaredOnly } from '../scim/resource/declared.ts';
import { equal } from '../scim/resource/document.ts';
import { hasMembers } from '../scim/schema/storage.ts';
import type { Transaction } from '../store/directory.ts';
import type { Recomputation, RecomputationStore } from '../store/recomputations.ts';
import type { TenantContext } from './context.ts';
import { groupName, mapGroup } from './mapGroup.ts';
import { originOf } from './origin.ts';
import { settle } from './settle.ts';
import { accountType, ownRoleOf, termsOf } from './terms.ts';

export interface RecomputationContext {
  readonly recomputations: RecomputationStore;
  /** The tenant with the settings that it has now; undefined when it is gone. */
  readonly contextOf: (tenantId: string) => Promise<TenantContext | undefined>;
  readonly now: () => Date;
}

const GROUPS = 50;
const USERS = 1_000;

/**
 * Works on what is requested until nothing is left that can be done now, or the time is over.
 * @param tenantId whose; undefined: everybody's
 */
export async function recompute(
  { recomputations, contextOf, now }: RecomputationContext,
  until: Date,
  tenantId?: string,
): Promise<void> {
  for (
    let next = await recomputations.next(now(), tenantId);
    next;
    next = await recomputations.next(now(), tenantId)
  ) {
    const context = await contextOf(next.tenantId);
    if (!context) return;
    const went = await context.directory.transaction((transaction) =>
      step(context, transaction, next?.id ?? ''),
    );
    // Another server is at it.
    if (!went || now() >= until) return;
  }
}

async function step(context: TenantContext, transaction: Transaction, id: string): Promise<boolean> {
  const work = await transaction.recomputation.lock(id);
  if (!work) return false;
  await (work.stage === 'groups' ? groups(context, transaction, work) : users(context, transaction, work));
  return true;
}

async function groups(context: TenantContext, transaction: Transaction, work: Recomputation): Promise<void> {
  const { recomputation, organizations } = transaction;
  const origin = originOf(context, context.now());
  const types = [...context.types.values()].filter(hasMembers);
  const found = await transaction.nextIds(types, work.after, GROUPS);
  const last = found.at(-1)?.id;
  const rows = await recomputation.documents(found.map(({ id }) => id));
  await transaction.lockStructure('changed');
  for (const { id, document } of rows) {
    const type = types.find(({ name }) => found.some((one) => one.id === id && one.type === name));
    const called = type && groupName(type, document);
    if (called === undefined) continue;
    const { touched, left } = await mapGroup(context, transaction, id, called, origin);
    if (touched.length === 0) continue;
    await settle(context, transaction, { ids: [id], nested: true, organizations: touched }, origin);
    await organizations.archiveLeft(left, origin);
  }
  if (last === undefined) await recomputation.moveTo(work.id, 'users', null);
  else await recomputation.moveTo(work.id, 'groups', last);
}

async function users(context: TenantContext, transaction: Transaction, work: Recomputation): Promise<void> {
  const { recomputation } = transaction;
  const type = accountType(context.types);
  const found = type ? await transaction.nextIds([type], work.after, USERS) : [];
  const ids = found.map(({ id }) => id);
  const last = ids.at(-1);
  if (!type || last === undefined) return recomputation.finish(work.id);
  const origin = originOf(context, context.now());
  const concerned = { ids, nested: false, organizations: 'all' } as const;
  const rows = await recomputation.documents(ids);
  await transaction.lockStructure('read');
  await transaction.lockAccounts(concerned);
  for (const { id, document, ownRole } of rows) {
    const kept = declaredOnly(type, document);
    if (!equal(kept, document)) await recomputation.setDocument(type, id, kept);
    const role = ownRoleOf(context, kept);
    if (role !== ownRole) await recomputation.setOwnRole(id, role);
  }
  await transaction.makeMissingAccounts(type, concerned, termsOf(context), context.newId, origin);
  await settle(context, transaction, concerned, origin);
  await recomputation.moveTo(work.id, 'users', last);
}
