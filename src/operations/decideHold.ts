/** What becomes of effects that wait. */
import { conflict, notFound } from '../scim/errors.ts';
import type { Chosen } from '../store/holds.ts';
import type { HoldOutcome } from '../store/tables.ts';
import type { TenantContext } from './context.ts';
import { originOf } from './origin.ts';
import { settle } from './settle.ts';

/** Accounts that are settled in one transaction. */
const BATCH = 1_000;

/**
 * Applies what waits: all of it, or that of some accounts. In batches, each of which is applied and no longer waits, or
 * neither; after a crash the rest still waits.
 * @returns how many effects they were
 * @throws ScimError notFound for a hold that is not open
 */
export async function approve(
  context: TenantContext,
  holdId: string,
  chosen: Chosen,
  outcome: HoldOutcome = 'approved',
): Promise<number> {
  let effects = 0;
  for (;;) {
    const done = await context.directory.transaction(async (transaction) => {
      // Alone, since others lock accounts before the hold.
      await transaction.lockStructure('changed');
      const hold = await transaction.holds.lock(holdId);
      // Another one may have finished it while this went on.
      if (!hold && effects > 0) return 0;
      if (!hold) throw noSuchHold();
      const origin = originOf(context, context.now());
      const released = await transaction.holds.release(holdId, chosen, BATCH, origin);
      const concerned = { ids: released.resources, nested: false, organizations: 'all' } as const;
      await settle(context, transaction, concerned, origin, 'given');
      await transaction.organizations.archiveLeft(released.organizations, origin);
      if (hold.reason !== 'pause') await transaction.holds.closeIfEmpty(holdId, outcome, origin);
      return released.effects;
    });
    effects += done;
    if (done === 0) return effects;
  }
}

/**
 * Has accounts and memberships stay as they are, although the directory says otherwise, until it says something else.
 * @returns how many effects they were
 * @throws ScimError notFound for a hold that is not open
 */
export function reject(
  context: TenantContext,
  holdId: string,
  chosen: Chosen,
  outcome: HoldOutcome = 'rejected',
): Promise<number> {
  return context.directory.transaction(async (transaction) => {
    const hold = await transaction.holds.lock(holdId);
    if (!hold) throw noSuchHold();
    const origin = originOf(context, context.now());
    const effects = await transaction.holds.reject(holdId, chosen, origin);
    if (hold.reason !== 'pause') await transaction.holds.closeIfEmpty(holdId, outcome, origin);
    return effects;
  });
}

/** Has every effect wait from now on. Doing it twice is doing it once. */
export function pause(context: TenantContext): Promise<void> {
  return context.directory.transaction(async (transaction) => {
    // Whatever is being settled is done first.
    await transaction.lockStructure('changed');
    const given = { id: context.newId(), reason: 'pause', expires_at: null, on_expiry: null } as const;
    await transaction.holds.open(given, originOf(context, context.now()));
    await transaction.holds.setPaused(true);
  });
}

/**
 * Applies everything that the pause has held, and ends it; what comes while this goes on is applied too.
 * @throws ScimError conflict when there is no pause
 */
export async function resume(context: TenantContext): Promise<number> {
  const hold = await context.directory.transaction(({ holds }) => holds.openHold('pause'));
  if (!hold) throw conflict('The tenant is not paused.');
  let effects = await approve(context, hold, 'all');
  for (let ended = false; !ended; ) {
    ended = await context.directory.transaction(async (transaction) => {
      await transaction.lockStructure('changed');
      const closed = await transaction.holds.closeIfEmpty(hold, 'resumed', originOf(context, context.now()));
      const other = closed || !(await transaction.holds.lock(hold));
      if (other) {
        await transaction.holds.setPaused(false);
        // What the mapping had to leave alone.
        await transaction.recomputation.request(context.now());
      }
      return other;
    });
    if (!ended) effects += await approve(context, hold, 'all');
  }
  return effects;
}

const noSuchHold = () => notFound('There is no open hold of this id.');
