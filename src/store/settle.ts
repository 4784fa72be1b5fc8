/**
 * Brings accounts and memberships to what the directory asks for, or holds what must wait: computed from what is
 * there, so that doing it twice does nothing the second time.
 */
import { sql } from 'kysely';
import type { Origin } from './origin.ts';
import type { Scope } from './readResources.ts';
import type { HoldsTable } from './tables.ts';
import { APPLY, type Policy } from '../provisioning/policy.ts';
import { type Concerned, type Terms } from './settle/concerned.ts';
import { concernedIn, difference } from './settle/difference.ts';
import type { Difference } from './settle/expressions.ts';
import { applied, held } from './settle/effects.ts';
import { tell } from './settle/tell.ts';

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
export async function lockStructure({ db, tenantId }: Scope, structure: Structure): Promise<void> {
  const key = lockKey(tenantId);
  const take =
    structure === 'changed' ? sql`pg_advisory_xact_lock(${key})` : sql`pg_advisory_xact_lock_shared(${key})`;
  // Taken beside a row of the tenant, as lockAccounts does: where there are several databases, in the one that holds it.
  await db
    .selectFrom('rollcall_data.organizations as o')
    .where('o.tenant_id', '=', tenantId)
    .where('o.is_default', '=', true)
    .select(take.as('locked'))
    .execute();
}

const lockKey = (tenantId: string) => sql`hashtextextended(${tenantId}::text, 0)`;

/** Holds that are open, by their reason. */
export type OpenHolds = Partial<Record<HoldsTable['reason'], string>>;

/**
 * Locks the accounts concerned, in order, before the difference is computed; and the structure for reading it, which is
 * enough unless there are groups among the concerned or the structure was changed: then it is locked beforehand.
 * @returns the holds that are open; one that is to be used is locked for itself
 */
export async function lockAccounts({ db, tenantId }: Scope, concerned: Concerned): Promise<OpenHolds> {
  const { holds } = await concernedIn(db as unknown as Difference, tenantId, concerned)
    .with('locked', (qb) =>
      qb
        .selectFrom('rollcall_data.accounts as a')
        .where('a.tenant_id', '=', tenantId)
        // Asked for once, before anything is read.
        .where(sql<boolean>`(select pg_advisory_xact_lock_shared(${lockKey(tenantId)})) is not null`)
        .where('a.id', 'in', (eb) =>
          eb
            .selectFrom('rollcall_data.resources as r')
            .where('r.tenant_id', '=', tenantId)
            .where('r.id', 'in', (inner) => inner.selectFrom('concerned').select('concerned.id'))
            .select('r.account_id'),
        )
        .orderBy('a.id')
        .forNoKeyUpdate()
        .select('a.id'),
    )
    .selectNoFrom((eb) => [
      eb.selectFrom('locked').select(sql<string>`count(*)`.as('n')).as('locked'),
      eb
        .selectFrom('rollcall_data.holds as h')
        .where('h.tenant_id', '=', tenantId)
        .where('h.closed_at', 'is', null)
        .select(sql<OpenHolds>`json_object_agg(${sql.ref('h.reason')}, ${sql.ref('h.id')})`.as('open'))
        .as('holds'),
    ])
    .executeTakeFirstOrThrow();
  return holds ?? {};
}

/** How many would lose something that they have now, beyond what is held already. */
export async function countRemovals(scope: Scope, concerned: Concerned, terms: Terms): Promise<number> {
  const { ended, lost } = await difference(scope, concerned, terms, APPLY)
    .selectNoFrom((eb) => [
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
    ])
    .executeTakeFirstOrThrow();
  return Number(ended) + Number(lost);
}

/**
 * Applies the difference, or holds it as the policy says, and tells the feed, in one statement.
 * @returns how many effects wait no more because nothing of the kind is asked for any more
 */
export async function settle(
  scope: Scope,
  concerned: Concerned,
  terms: Terms,
  policy: Policy,
  origin: Origin,
): Promise<number> {
  const { tenantId } = scope;
  const effects = applied(difference(scope, concerned, terms, policy), tenantId, origin);
  const { superseded } = await tell(held(effects, tenantId, concerned, policy, origin), tenantId, origin)
    .selectFrom('superseded')
    .select(sql<string>`count(*)`.as('superseded'))
    .executeTakeFirstOrThrow();
  return Number(superseded);
}
