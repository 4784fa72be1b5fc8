import { type RawBuilder, sql } from 'kysely';
import type { Policy } from '../../provisioning/policy.ts';

const ref = (name: string): RawBuilder<unknown> => sql.ref(name);

/**
 * An effect waits when the policy holds it; a removal, while it is held; and what was rejected, until something else is
 * asked for.
 */
export function waits(name: string, isRemoval: RawBuilder<unknown>, policy: Policy): RawBuilder<boolean> {
  const rejected = ref(`${name}.rejected`);
  return sql<boolean>`(${ref(`${name}.effect`)} is not null and (${policy.holdAll}::boolean
    or (${isRemoval} and (${policy.holdRemovals}::boolean or coalesce(not ${rejected}, false)))
    or coalesce(${rejected} and ${ref(`${name}.held`)} = ${ref(`${name}.wanted`)}, false)))`;
}
