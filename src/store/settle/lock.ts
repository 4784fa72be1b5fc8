/** What is locked before anything is settled, and what is learnt of it by the way. */
import { type Kysely, sql } from 'kysely';
import { FENCE } from '../fence.ts';
import { groupsOver } from '../nesting.ts';
import type { Scope } from '../readResources.ts';
import { isFew, shaped, statement } from '../statement.ts';
import type { Database, HoldsTable } from '../tables.ts';
import { run, type TenantScope } from '../tenantScope.ts';
import type { Concerned } from './concerned.ts';
import { concernedIn } from './difference.ts';
import type { Difference } from './expressions.ts';

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
          .innerJoinLateral(groupsOver(tenantId, 'up.group_id').as('m'), (on) => on.onTrue())
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
    statement<{ readonly ids: readonly string[] }, { frozen: boolean }>(
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
                    .select(['a.id', sql<boolean>`${sql.ref('a.frozen')} is not null`.as('frozen')])
                    .offset(FENCE)
                    .forNoKeyUpdate()
                    .as('a'),
                (on) => on.onTrue(),
              )
              .select(['a.id', 'a.frozen']),
          )
          .selectFrom('locked')
          .select(sql<boolean>`coalesce(bool_or(${sql.ref('locked.frozen')}), false)`.as('frozen')),
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
        .case()
        // Nearly always nothing of anybody waits, and nobody has to be looked up.
        .when(
          eb.exists(
            eb
              .selectFrom('rollcall_data.held_effects as any')
              .where('any.tenant_id', '=', tenantId)
              .select(sql<number>`1`.as('one')),
          ),
        )
        .then(
          eb.not(
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
                .where((own) =>
                  own.exists(
                    own
                      .selectFrom('rollcall_data.held_effects as h')
                      .where('h.tenant_id', '=', tenantId)
                      .whereRef('h.account_id', '=', 'r.account_id')
                      .select(sql<number>`1`.as('one'))
                      .offset(FENCE),
                  ),
                )
                .select(sql<number>`1`.as('one')),
            ),
          ),
        )
        .else(sql<never>`true`)
        .end()
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
  const [[locked], [found]] = await Promise.all([
    run(scope, lockingAccounts(nested), { ids }),
    // Whom a group stands for is not looked up a second time.
    run(scope, standing, { ids: nested ? [] : ids, from }),
  ]);
  return {
    holds: found?.holds ?? {},
    clean: !nested && locked?.frozen === false && found?.clean === true,
    reached: found?.reached ?? [],
  };
}

/**
 * Locks a resource that has not changed since it was read, then the structure for reading it, then the account: one
 * after the other, since each needs what the one before gives.
 */
const lockingPerson = statement<{ readonly id: string; readonly seen: number }, { id: string }>(
  ({ db, tenantId, slot }) =>
    db
      .with('resource', (qb) =>
        qb
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .where('r.id', '=', slot('id'))
          .where('r.version', '=', slot('seen'))
          .where('r.deleted_at', 'is', null)
          .forNoKeyUpdate()
          .select('r.account_id'),
      )
      .with('structure', (qb) =>
        qb
          .selectFrom('resource')
          .select(sql<string>`pg_advisory_xact_lock_shared(${lockKey(tenantId)})::text`.as('locked')),
      )
      .selectFrom('rollcall_data.accounts as a')
      .where('a.tenant_id', '=', tenantId)
      .where('a.id', '=', (eb) => eb.selectFrom('resource').select('resource.account_id'))
      .where((eb) => sql<boolean>`(${eb.selectFrom('structure').select('structure.locked')}) is not null`)
      .forNoKeyUpdate()
      .select('a.id'),
);

/** @param seen the version that was read */
export async function lockPerson(scope: TenantScope, id: string, seen: number): Promise<void> {
  await run(scope, lockingPerson, { id, seen });
}
