/**
 * Brings accounts and memberships to what the directory asks for, or holds what must wait: computed from what is
 * there, so that doing it twice does nothing the second time.
 */
import { type Kysely, sql } from 'kysely';
import { FENCE } from './fence.ts';
import type { Origin } from './origin.ts';
import type { Scope } from './readResources.ts';
import type { Database, HoldsTable } from './tables.ts';
import type { Reason } from '../provisioning/effect.ts';
import { APPLY, type Policy } from '../provisioning/policy.ts';
import { type Concerned, type Terms } from './settle/concerned.ts';
import { concernedIn, difference } from './settle/difference.ts';
import type { Difference } from './settle/expressions.ts';
import { applied, held } from './settle/effects.ts';
import { tell } from './settle/tell.ts';
import type { Waiting } from './settle/waits.ts';
import { type Building, isFew, shaped, statement } from './statement.ts';
import { run } from './tenantScope.ts';

/**
 * How the way in which groups lead to organizations is held still: whoever changes it excludes everybody else who
 * settles for the tenant; others exclude each other account by account.
 */
export type Structure = 'changed' | 'read';

/**
 * Locks until the transaction ends, before the difference is computed, so that of two transactions the second sees what
 * the first has done: after the rows of resources were locked, and before any account, in this order everywhere.
 * Whoever has it to change finds what the others have written to the directory. An advisory lock, because it is fair: one who changes is
 * not kept waiting by those who keep coming to read.
 */
export async function lockStructure(scope: Scope, structure: Structure): Promise<void> {
  await run(scope, lockingStructure(structure), {});
}

const lockKey = (tenantId: string) => sql`hashtextextended(${tenantId}::text, 0)`;

const lockingStructure = shaped(
  (structure: Structure) => structure,
  (structure) =>
    statement<object, { locked: unknown }>(({ db, tenantId }) =>
      // Beside a row of the tenant, as lockAccounts does: where there are several databases, in the one that holds it.
      db
        .selectFrom('rollcall_data.organizations as o')
        .where('o.tenant_id', '=', tenantId)
        .where('o.is_default', '=', true)
        .select(
          (structure === 'changed'
            ? sql`pg_advisory_xact_lock(${lockKey(tenantId)})`
            : sql`pg_advisory_xact_lock_shared(${lockKey(tenantId)})`
          ).as('locked'),
        ),
    ),
);

/** Holds that are open, by their reason. */
export type OpenHolds = Partial<Record<HoldsTable['reason'], string>>;

/** How it stands with the accounts that were locked. */
export interface Standing {
  /** The holds of the tenant that are open; one that is to be used is locked for itself. */
  readonly holds: OpenHolds;
  /** Whether nothing of theirs waits, was rejected or is frozen. */
  readonly clean: boolean;
  /** The organizations that the groups asked about lead to, themselves or by the groups above them. */
  readonly reached: readonly string[];
}

/** The organizations that groups lead to, themselves or by the groups above them, as an array. */
export function reachedFrom(db: Kysely<Database>, tenantId: string, groupIds: readonly string[]) {
  const links = db
    .withRecursive('up', (qb) =>
      qb.selectNoFrom(sql<string>`unnest(${groupIds}::uuid[])`.as('group_id')).union(
        qb
          .selectFrom('up')
          .innerJoinLateral(
            (eb) =>
              eb
                .selectFrom('rollcall_data.members as m')
                .where('m.tenant_id', '=', tenantId)
                .whereRef('m.member_id', '=', 'up.group_id')
                .select('m.group_id')
                .offset(FENCE)
                .as('m'),
            (on) => on.onTrue(),
          )
          .select('m.group_id'),
      ),
    )
    .selectFrom('rollcall_data.group_links as l')
    .where('l.tenant_id', '=', tenantId)
    // As an array, since nobody can estimate how far a recursion goes, and most go nowhere.
    .where('l.group_id', '=', (eb) => sql<string>`any(array(${eb.selectFrom('up').select('up.group_id')}))`)
    .select('l.organization_id')
    .distinct();
  return sql<readonly string[]>`array(${links})`;
}

const lockingAccounts = shaped(
  (nested: boolean) => String(nested),
  (nested) =>
    statement<{ readonly ids: readonly string[] }, { locked: string }>(
      ({ db, tenantId, slot }) =>
        concernedIn(db as unknown as Difference, tenantId, { ids: slot('ids'), nested, organizations: 'all' })
          .with('locked', (qb) =>
            qb
              .selectFrom(
                qb
                  .selectFrom('concerned as c')
                  .innerJoinLateral(
                    (own) =>
                      own
                        .selectFrom('rollcall_data.resources as r')
                        .where('r.tenant_id', '=', tenantId)
                        .whereRef('r.id', '=', 'c.id')
                        .select('r.account_id')
                        .offset(FENCE)
                        .as('r'),
                    (on) => on.onTrue(),
                  )
                  // Asked for once, before any account is.
                  .where(
                    sql<boolean>`(select pg_advisory_xact_lock_shared(${lockKey(tenantId)})) is not null`,
                  )
                  .select('r.account_id')
                  .distinct()
                  .orderBy('r.account_id')
                  .as('c'),
              )
              .innerJoinLateral(
                (own) =>
                  own
                    .selectFrom('rollcall_data.accounts as a')
                    .where('a.tenant_id', '=', tenantId)
                    .whereRef('a.id', '=', 'c.account_id')
                    .select('a.id')
                    .offset(FENCE)
                    .forNoKeyUpdate()
                    .as('a'),
                (on) => on.onTrue(),
              )
              .select('a.id'),
          )
          .selectFrom('locked')
          .select(sql<string>`count(*)`.as('locked')),
      { plannedFor: isFew },
    ),
);

const standing = statement<
  { readonly ids: readonly string[]; readonly from: readonly string[] },
  { holds: OpenHolds | null; clean: boolean; reached: readonly string[] }
>(
  ({ db, tenantId, slot }) =>
    db.selectNoFrom((eb) => [
      reachedFrom(db, tenantId, slot('from')).as('reached'),
      eb
        .not(
          eb.exists(
            eb
              .selectFrom(sql<{ id: string }>`unnest(${slot('ids')}::uuid[])`.as<'given'>(sql`given(id)`))
              .innerJoinLateral(
                (own) =>
                  own
                    .selectFrom('rollcall_data.resources as r')
                    .where('r.tenant_id', '=', tenantId)
                    .whereRef('r.id', '=', 'given.id')
                    .select('r.account_id')
                    .offset(FENCE)
                    .as('r'),
                (on) => on.onTrue(),
              )
              .innerJoinLateral(
                (own) =>
                  own
                    .selectFrom('rollcall_data.accounts as a')
                    .where('a.tenant_id', '=', tenantId)
                    .whereRef('a.id', '=', 'r.account_id')
                    .select(['a.id', 'a.frozen'])
                    .offset(FENCE)
                    .as('a'),
                (on) => on.onTrue(),
              )
              .where((own) =>
                own.or([
                  own('a.frozen', 'is not', null),
                  own.exists(
                    own
                      .selectFrom('rollcall_data.held_effects as h')
                      .where('h.tenant_id', '=', tenantId)
                      .whereRef('h.account_id', '=', 'a.id')
                      .select(sql<number>`1`.as('one'))
                      .offset(FENCE),
                  ),
                ]),
              )
              .select(sql<number>`1`.as('one')),
          ),
        )
        .as('clean') as never,
      eb
        .selectFrom('rollcall_data.holds as h')
        .where('h.tenant_id', '=', tenantId)
        .where('h.closed_at', 'is', null)
        .select(sql<OpenHolds>`json_object_agg(${sql.ref('h.reason')}, ${sql.ref('h.id')})`.as('open'))
        .as('holds'),
    ]),
  { plannedFor: isFew },
);

/**
 * Locks the accounts concerned, in order, before the difference is computed; and the structure for reading it, which is
 * enough unless there are groups among the concerned or the structure was changed: then it is locked beforehand.
 */
export async function lockAccounts(
  scope: Scope,
  { ids, nested }: Concerned,
  from: readonly string[] = [],
): Promise<Standing> {
  // The second statement sees what those have committed for whom the first has waited.
  const [, [found]] = await Promise.all([
    run(scope, lockingAccounts(nested), { ids }),
    // Whom a group stands for is not looked up a second time.
    run(scope, standing, { ids: nested ? [] : ids, from }),
  ]);
  return {
    holds: found?.holds ?? {},
    clean: !nested && found?.clean === true,
    reached: found?.reached ?? [],
  };
}

/** An account that was locked together with its resource. */
export interface LockedAccount extends Standing {
  readonly active: boolean;
  readonly reason: Reason | null;
}

const lockingAccount = statement<{ readonly id: string }, { active: boolean; reason: Reason | null }>(
  ({ db, tenantId, slot }) =>
    db
      .selectFrom('rollcall_data.accounts as a')
      .where('a.tenant_id', '=', tenantId)
      .where(sql<boolean>`(select pg_advisory_xact_lock_shared(${lockKey(tenantId)})) is not null`)
      .where('a.id', '=', (eb) =>
        eb
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .where('r.id', '=', slot('id'))
          .select('r.account_id'),
      )
      .where('a.resource_id', '=', slot('id'))
      .forNoKeyUpdate()
      .select(['a.active', 'a.reason']),
);

/**
 * Locks the account of a resource that is locked already, as lockAccounts does.
 * @returns undefined where there is none
 */
export async function lockAccount(scope: Scope, id: string): Promise<LockedAccount | undefined> {
  const [[account], [found]] = await Promise.all([
    run(scope, lockingAccount, { id }),
    run(scope, standing, { ids: [id], from: [] }),
  ]);
  return account && { ...account, holds: found?.holds ?? {}, clean: found?.clean === true, reached: [] };
}

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
  const of = slot as unknown as Building<Given>['slot'];
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
 * @param clean whether nothing of those concerned waits, as lockAccounts found it
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
