/**
 * Brings accounts and memberships to what the directory asks for, or holds what must wait: computed from what is
 * there, so that doing it twice does nothing the second time.
 */
import { sql } from 'kysely';
import type { Origin } from './origin.ts';
import type { Scope } from './readResources.ts';
import { APPLY, type Policy } from '../provisioning/policy.ts';
import type { Concerned, Terms } from './settle/concerned.ts';
import { difference } from './settle/difference.ts';
import type { Difference } from './settle/expressions.ts';
import { applied, held } from './settle/effects.ts';
import { tell } from './settle/tell.ts';
import type { Waiting } from './settle/waits.ts';
import { type Building, isFew, shaped, statement } from './statement.ts';
import { run } from './tenantScope.ts';

/** What of those concerned makes the text of a statement. */
interface Shape {
  readonly nested: boolean;
  readonly all: boolean;
  readonly userRoles: Terms['userRoles'];
  readonly clean: boolean;
}

interface Given extends Policy {
  readonly ids: readonly string[];
  readonly organizations: readonly string[];
  readonly roles: readonly string[];
  readonly defaultRole: string | null;
}

const shapeOf = ({ nested, organizations }: Concerned, { userRoles }: Terms, clean: boolean): Shape => ({
  nested,
  all: organizations === 'all',
  userRoles,
  clean,
});

const keyOf = ({ nested, all, userRoles, clean }: Shape): string => `${nested} ${all} ${userRoles} ${clean}`;

const givenOf = (
  { ids, organizations }: Concerned,
  { roles, defaultRole }: Terms,
  policy: Policy,
): Given => ({
  ...policy,
  ids,
  organizations: organizations === 'all' ? [] : organizations,
  roles,
  defaultRole,
});

/** The arguments of the difference, with slots in the place of all that is no matter of shape. */
function slotted<Slots extends Given>(
  { slot }: Building<Slots>,
  { nested, all, userRoles, clean }: Shape,
): readonly [Concerned, Terms, Waiting] {
  const of: Building<Given>['slot'] = slot;
  return [
    { ids: of('ids'), nested, organizations: all ? 'all' : of('organizations') },
    { roles: of('roles'), defaultRole: of('defaultRole'), userRoles, admission: undefined },
    {
      policy: { holdAll: of('holdAll'), holdRemovals: of('holdRemovals'), holdId: of('holdId') },
      clean,
    },
  ];
}

const countRemoved = (db: Difference) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('judged as j')
      .where('j.effect', '=', 'deactivate')
      .where('j.waits', '=', false)
      .select(sql<string>`count(*)`.as('n'))
      .as('ended'),
    eb
      .selectFrom('weighed as w')
      .where('w.effect', 'in', ['remove', 'weaken'])
      .where('w.waits', '=', false)
      .where('w.follows', '=', false)
      .select(sql<string>`count(*)`.as('n'))
      .as('lost'),
  ]);

const counting = shaped(keyOf, (shape) =>
  statement<Given, { ended: string | null; lost: string | null }>(
    (building) => countRemoved(difference(building, ...slotted(building, shape))),
    { plannedFor: isFew },
  ),
);

/** How many would lose something that they have now, beyond what is held already. */
export async function countRemovals(scope: Scope, concerned: Concerned, terms: Terms): Promise<number> {
  const [counted] = terms.admission
    ? await countRemoved(difference(scope, concerned, terms, { policy: APPLY, clean: false })).execute()
    : await run(scope, counting(shapeOf(concerned, terms, false)), givenOf(concerned, terms, APPLY));
  return Number(counted?.ended ?? 0) + Number(counted?.lost ?? 0);
}

/** The whole of it, as one statement. */
function carriedOut(
  { db, tenantId }: Pick<Scope, 'db' | 'tenantId'>,
  concerned: Concerned,
  terms: Terms,
  waiting: Waiting,
  origin: Origin,
) {
  const { clean, policy } = waiting;
  const effects = applied(difference({ db, tenantId }, concerned, terms, waiting), tenantId, origin);
  if (clean) {
    return tell(effects, tenantId, origin, true).selectNoFrom(sql<string>`0`.as('superseded'));
  }
  return tell(held(effects, tenantId, concerned, policy, origin), tenantId, origin, false)
    .selectFrom('superseded')
    .select(sql<string>`count(*)`.as('superseded'));
}

type Settling = Given & Origin;

const settling = shaped(keyOf, (shape) =>
  statement<Settling, { superseded: string }>(
    (building) => {
      const { slot } = building;
      const origin: Origin = {
        at: slot('at'),
        actor: slot('actor'),
        tokenId: slot('tokenId'),
        requestId: slot('requestId'),
      };
      return carriedOut(building, ...slotted(building, shape), origin);
    },
    { plannedFor: isFew },
  ),
);

/**
 * Applies the difference, or holds it as the policy says, and tells the feed, in one statement.
 * @param clean whether nothing of those concerned waits (settle/lock.ts)
 * @returns how many effects wait no more because nothing of the kind is asked for any more
 */
export async function settle(
  scope: Scope,
  concerned: Concerned,
  terms: Terms,
  { policy, clean }: Waiting,
  origin: Origin,
): Promise<number> {
  const waiting: Waiting = { policy, clean: clean && policy === APPLY };
  const [settled] = terms.admission
    ? await carriedOut(scope, concerned, terms, waiting, origin).execute()
    : await run(scope, settling(shapeOf(concerned, terms, waiting.clean)), {
        ...givenOf(concerned, terms, policy),
        ...origin,
      });
  return Number(settled?.superseded ?? 0);
}
