import { type RawBuilder, sql } from 'kysely';
import type { Policy } from '../../provisioning/policy.ts';

const ref = (name: string): RawBuilder<unknown> => sql.ref(name);

/** What is known of those concerned when their difference is computed. */
export interface Waiting {
  readonly policy: Policy;
  /** Whether nothing of theirs waits or is frozen, and nothing is to wait: what that could mean is left out then. */
  readonly clean: boolean;
}

/**
 * An effect waits when the policy holds it; a removal, while it is held; and what was rejected, until something else is
 * asked for.
 */
export function waits(
  name: string,
  isRemoval: RawBuilder<unknown>,
  { policy, clean }: Waiting,
): RawBuilder<boolean> {
  if (clean) return sql<boolean>`false`;
  const rejected = ref(`${name}.rejected`);
  return sql<boolean>`(${ref(`${name}.effect`)} is not null and (${policy.holdAll}::boolean
    or (${isRemoval} and (${policy.holdRemovals}::boolean or coalesce(not ${rejected}, false)))
    or coalesce(${rejected} and ${ref(`${name}.held`)} = ${ref(`${name}.wanted`)}, false)))`;
}
