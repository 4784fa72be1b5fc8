/** What a change of a resource means for the person's account (DESIGN section 1). Pure decisions. */

/**
 * Why an account is inactive. `waiting`: its creation is held, and the application does not see it yet. `excluded`: the
 * tenant's admission filter does not let the person have one.
 */
export type Reason = 'waiting' | 'suspended' | 'excluded' | 'deprovisioned';

/** Who caused a change: a tenant's token, an admin, or the passing of time. */
export type Actor = 'token' | 'admin' | 'system';

/** What a change of the directory would do to an account, or to a membership. */
export type Effect =
  | 'create'
  | 'activate'
  | 'deactivate'
  | 'update'
  | 'note'
  | 'add'
  | 'remove'
  | 'weaken'
  | 'change';

/** How an account stands after a change. */
export interface AccountState {
  readonly active: boolean;
  readonly reason: Reason | null;
}

/** What the feed calls a change of a resource. */
export type ChangeKind =
  | 'account.created'
  | 'account.updated'
  | 'account.suspended'
  | 'account.reactivated'
  | 'account.deprovisioned'
  | 'resource.created'
  | 'resource.updated'
  | 'resource.deleted';

/** The state of the account of a living resource: it follows `active`. */
export function accountState(active: boolean): AccountState {
  return active ? { active: true, reason: null } : { active: false, reason: 'suspended' };
}

/** A leaver's account is kept, inactive. */
export const DEPROVISIONED: AccountState = Object.freeze({ active: false, reason: 'deprovisioned' });

/**
 * @param before whether it was active; undefined when the resource is new
 * @param after whether it is active; undefined when the resource is deleted
 */
export function changeKind(
  hasAccount: boolean,
  before: boolean | undefined,
  after: boolean | undefined,
): ChangeKind {
  if (before === undefined) return hasAccount ? 'account.created' : 'resource.created';
  if (after === undefined) return hasAccount ? 'account.deprovisioned' : 'resource.deleted';
  if (!hasAccount) return 'resource.updated';
  if (before === after) return 'account.updated';
  return after ? 'account.reactivated' : 'account.suspended';
}
