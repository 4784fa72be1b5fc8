/**
 * Brings accounts and memberships to what the directory asks for, or holds what must wait: computed from what is
 * there, so that doing it twice does nothing the second time.
 */
import { sql } from 'kysely';
import type { Origin } from './origin.ts';
import type { Scope } from './readResources.ts';
import { APPLY, type Concerned, type Policy, type Terms } from './settle/concerned.ts';
import { concernedIn, type Difference, difference } from './settle/difference.ts';
import { applied, held } from './settle/effects.ts';
import { tell } from './settle/tell.ts';

/** How many of each there were. */
export interface Settled {
  /** Rows in the feed. */
  readonly told: number;
  readonly held: number;
  readonly superseded: number;
}

/**
 * How the way in which groups lead to organizations is held still: whoever changes it excludes everybody else who
 * settles for the tenant; others exclude each other account by account.
 */
export type Structure = 'changed' | 'read';

/**
 * Locks until the transaction ends: after the directory was changed, and before the difference is computed, so that of
 * two transactions the second sees what the first has done. An advisory lock, because it is fair: one who changes is
 * not kept waiting by those who keep coming to read.
 */
export async function lockStructure({ db, tenantId }: Scope, structure: Structure): Promise<void> {
  const key = sql`hashtextextended(${tenantId}::text, 0)`;
  const take =
    structure === 'changed' ? sql`pg_advisory_xact_lock(${key})` : sql`pg_advisory_xact_lock_shared(${key})`;
  await db.selectNoFrom(take.as('locked')).execute();
}

/** Locks the accounts concerned, in order; after the structure, and before the difference is computed. */
export async function lockAccounts({ db, tenantId }: Scope, concerned: Concerned): Promise<void> {
  await concernedIn(db as unknown as Difference, tenantId, concerned)
    .selectFrom('rollcall_data.accounts as a')
    .where('a.tenant_id', '=', tenantId)
    .where('a.id', 'in', (eb) =>
      eb
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', 'in', (inner) => inner.selectFrom('concerned').select('concerned.id'))
        .select('r.account_id'),
    )
    .orderBy('a.id')
    .forNoKeyUpdate()
    .select(sql<number>`1`.as('one'))
    .execute();
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

/** Applies the difference, or holds it as the policy says, and tells the feed, in one statement. */
export async function settle(
  scope: Scope,
  concerned: Concerned,
  terms: Terms,
  policy: Policy,
  origin: Origin,
): Promise<Settled> {
  const { tenantId } = scope;
  const effects = applied(difference(scope, concerned, terms, policy), tenantId, origin);
  const row = await tell(held(effects, tenantId, concerned, policy, origin), tenantId, origin)
    .selectNoFrom((eb) => [
      eb.selectFrom('told').select(sql<string>`count(*)`.as('n')).as('told'),
      eb.selectFrom('held').select(sql<string>`count(*)`.as('n')).as('held'),
      eb.selectFrom('superseded').select(sql<string>`count(*)`.as('n')).as('superseded'),
    ])
    .executeTakeFirstOrThrow();
  return { told: Number(row.told), held: Number(row.held), superseded: Number(row.superseded) };
}
