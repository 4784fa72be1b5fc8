/** The words for what a change of the directory does to accounts and memberships. */

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

/** What the feed can tell; docs/integrating.md says what each carries. */
export type ChangeKind =
  | `account.${'created' | 'updated' | 'suspended' | 'reactivated' | 'excluded' | 'deprovisioned' | 'erased' | 'purged'}`
  | `organization.${'created' | 'renamed' | 'archived' | 'restored'}`
  | `members.${'added' | 'changed' | 'removed'}`
  | `hold.${'opened' | 'closed'}`
  | `effects.${'held' | 'superseded' | 'released' | 'rejected'}`
  | `resource.${'created' | 'updated' | 'deleted'}`;
