/** What a change of the directory means for accounts and organizations: applied, or held. */
import { decideBrake } from '../provisioning/brake.ts';
import { APPLY, type Policy } from '../provisioning/policy.ts';
import type { Transaction } from '../store/directory.ts';
import type { Edited } from '../store/members.ts';
import type { Origin } from '../store/origin.ts';
import type { Concerned, Terms } from '../store/settle/concerned.ts';
import type { OpenHolds, Standing } from '../store/settle/lock.ts';
import type { SettlingContext } from './context.ts';
import { termsOf } from './terms.ts';

const HOUR = 3_600_000;

/** What is done when something was found out by a person already: neither brake nor pause. */
export type Approval = 'needed' | 'given';

/**
 * Brings the accounts concerned to what the directory asks for. The directory is changed already, and the structure
 * locked (Transaction.lockStructure).
 * @returns how many of them have an account only since now
 */
export async function settle(
  context: SettlingContext,
  transaction: Transaction,
  given: Concerned,
  origin: Origin,
  approval: Approval = 'needed',
): Promise<number> {
  if (given.ids.length === 0) return 0;
  const terms = termsOf(context);
  const { admission } = terms;
  // Who may have an account can follow from their groups.
  const concerned: Concerned = admission?.readsGroups ? { ...given, organizations: 'all' } : given;
  const made =
    admission && concerned.organizations === 'all'
      ? await transaction.makeMissingAccounts(admission.type, concerned, terms, context.newId, origin)
      : 0;
  const { holds: open, clean } = await transaction.lockAccounts(concerned);
  const policy =
    approval === 'given' ? APPLY : await policyFor(context, transaction, concerned, terms, open, origin);
  const superseded = await transaction.settle(concerned, terms, { policy, clean }, origin);
  if (superseded > 0) await closeIfEmpty(transaction, origin);
  return made;
}

/**
 * Whether there is nothing to decide before those are settled whose accounts are locked: no hold is open, no brake could
 * engage, and everybody has an account.
 */
export function appliesAtOnce(context: SettlingContext, { holds }: Standing): boolean {
  return (
    !context.paused &&
    context.provisioning.brake === null &&
    !termsOf(context).admission &&
    holds.pause === undefined &&
    holds.brake === undefined
  );
}

/** Settles those of whom `appliesAtOnce` is true. */
export async function settleAtOnce(
  context: SettlingContext,
  transaction: Transaction,
  concerned: Concerned,
  { clean }: Standing,
  origin: Origin,
): Promise<void> {
  await transaction.settle(concerned, termsOf(context), { policy: APPLY, clean }, origin);
}

/** Members that came or went, and everybody in those that are groups. */
export async function settleMembers(
  context: SettlingContext,
  transaction: Transaction,
  groupId: string,
  edited: Edited,
  origin: Origin,
): Promise<void> {
  if (edited.ids.length === 0) return;
  const organizations = await transaction.organizations.reachedFrom([groupId]);
  if (organizations.length === 0 && !isByGroups(context)) return;
  await settle(context, transaction, { ...edited, organizations }, origin);
}

/** Whether it can follow from somebody's groups that they have an account. */
export function isByGroups(context: SettlingContext): boolean {
  return termsOf(context).admission?.readsGroups === true;
}

/**
 * Somebody whose account, or all of whose memberships, may be others now.
 * @returns how many of them have an account only since now
 */
export async function settlePeople(
  context: SettlingContext,
  transaction: Transaction,
  ids: readonly string[],
  origin: Origin,
): Promise<number> {
  if (ids.length === 0) return 0;
  // Who may have an account is asked before the accounts are locked.
  if (termsOf(context).admission) await transaction.lockStructure('read');
  return settle(context, transaction, { ids, nested: false, organizations: 'all' }, origin);
}

/** A brake under which nothing waits any more is off; where others are at it, the next one sees to that. */
async function closeIfEmpty({ holds }: Transaction, origin: Origin): Promise<void> {
  const hold = await holds.lockIfFree('brake');
  if (hold) await holds.closeIfEmpty(hold, 'superseded', origin);
}

async function policyFor(
  { provisioning: { brake }, newId, now }: SettlingContext,
  transaction: Transaction,
  concerned: Concerned,
  terms: Terms,
  open: OpenHolds,
  origin: Origin,
): Promise<Policy> {
  const { holds } = transaction;
  const pause = open.pause && (await holds.openHold('pause'));
  if (pause) return { holdAll: true, holdRemovals: true, holdId: pause };
  if (!brake) return APPLY;
  if (open.brake) await closeIfEmpty(transaction, origin);
  const engaged = open.brake && (await holds.openHold('brake'));
  // It stays on until somebody has decided: what an accident removes may come over hours.
  if (engaged) return { holdAll: false, holdRemovals: true, holdId: engaged };
  const removalsNow = await transaction.countRemovals(concerned, terms);
  if (removalsNow === 0) return APPLY;
  const { inWindow, activeAccounts } = await holds.removals(now(), brake.windowMinutes);
  const counted = { removalsInWindow: inWindow, activeAccounts, removalsNow };
  if (decideBrake(brake, counted) === 'apply') {
    await holds.countRemovals(now(), removalsNow, activeAccounts);
    return APPLY;
  }
  const { expiresAfterHours, onExpiry } = brake;
  const holdId = await holds.open(
    {
      id: newId(),
      reason: 'brake',
      expires_at: expiresAfterHours === null ? null : new Date(now().getTime() + expiresAfterHours * HOUR),
      on_expiry: expiresAfterHours === null ? null : onExpiry,
    },
    origin,
  );
  return { holdAll: false, holdRemovals: true, holdId };
}
