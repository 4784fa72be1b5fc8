/**
 * The difference between what the directory asks for and what counts, as common table expressions of one statement:
 * nothing of it is kept in memory, however many people a group has.
 */
import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { Effect, Reason } from '../../provisioning/effect.ts';
import type { Scope } from '../readResources.ts';
import { compileWhere } from '../where.ts';
import { type Concerned, NO_ORGANIZATION, type Terms } from './concerned.ts';
import type { Difference, Expressions } from './expressions.ts';
import { FENCE } from '../fence.ts';
import { memberships } from './memberships.ts';
import { NOTHING_HELD } from './nothingHeld.ts';
import { type Waiting, waits } from './waits.ts';

const ref = (name: string): RawBuilder<unknown> => sql.ref(name);

/** @returns a query builder that knows `judged` (accounts) and `weighed` (memberships) */
export function difference(
  { db, tenantId }: Pick<Scope, 'db' | 'tenantId'>,
  concerned: Concerned,
  terms: Terms,
  waiting: Waiting,
): Difference {
  const judged = accounts(db.withTables<Expressions>(), tenantId, concerned, terms, waiting);
  return memberships(judged, tenantId, concerned, terms, waiting);
}

/** `concerned` alone, for what has to be locked before the difference is looked at. */
export function concernedIn(db: Difference, tenantId: string, { ids, nested }: Concerned): Difference {
  const given = sql<string>`unnest(${ids}::uuid[])`.as('id');
  const groups = sql<boolean>`${nested}::boolean`.as('nested');
  return db.with('concerned', (outer) => {
    if (!nested) return outer.selectNoFrom([given, groups]);
    // Recursion is kept within the CTE that needs it, here and below: docs/decisions/0010.
    return outer
      .withRecursive('down', (qb) =>
        qb.selectNoFrom([given, groups]).union(
          qb
            .selectFrom('down')
            .innerJoinLateral(
              (eb) =>
                eb
                  .selectFrom('rollcall_data.members as m')
                  .where('m.tenant_id', '=', tenantId)
                  .whereRef('m.group_id', '=', 'down.id')
                  .select(['m.member_id', 'm.nested'])
                  .offset(FENCE)
                  .as('m'),
              (on) => on.onTrue(),
            )
            .where('down.nested', '=', true)
            .select(['m.member_id as id', 'm.nested']),
        ),
      )
      .selectFrom('down')
      .select(['down.id', 'down.nested']);
  }) as Difference;
}

function accounts(
  db: Difference,
  tenantId: string,
  concerned: Concerned,
  { admission }: Terms,
  waiting: Waiting,
): Difference {
  const admitted: RawBuilder<SqlBool> = admission
    ? compileWhere(tenantId, admission.type, admission.filter)
    : sql<SqlBool>`true`;
  const reason = sql<Reason | null>`(case
    when ${ref('a.reason')} = 'waiting' and (${ref('r.deleted_at')} is not null or not (${admitted})) then 'waiting'
    when ${ref('r.deleted_at')} is not null then 'deprovisioned'
    when not (${admitted}) then 'excluded'
    when not ${ref('r.active')} then 'suspended' end)`;
  const effect = sql<Effect | null>`(case
    when ${ref('s.was_reason')} = 'waiting' and ${ref('s.reason')} is distinct from 'waiting' then 'create'
    when ${ref('s.was_reason')} is not distinct from ${ref('s.reason')}
      then (case when ${ref('s.frozen')} and ${ref('s.reason')} is distinct from 'waiting' then 'update' end)
    when ${ref('s.was_active')} then 'deactivate'
    when ${ref('s.reason')} is null then 'activate'
    else 'note' end)`;
  const wanted = sql`jsonb_build_object('reason', ${ref('s.reason')})`;
  return concernedIn(db, tenantId, concerned)
    .with('state', (qb) => {
      const people = qb
        .selectFrom(qb.selectFrom('concerned').select('concerned.id').distinct().as('c'))
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom('rollcall_data.resources as r')
              .where('r.tenant_id', '=', tenantId)
              .whereRef('r.id', '=', 'c.id')
              .selectAll('r')
              .offset(FENCE)
              .as('r'),
          (on) => on.onTrue(),
        )
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom('rollcall_data.accounts as a')
              .where('a.tenant_id', '=', tenantId)
              .whereRef('a.id', '=', 'r.account_id')
              .whereRef('a.resource_id', '=', 'r.id')
              .select(['a.id', 'a.active', 'a.reason', 'a.frozen'])
              .offset(FENCE)
              .as('a'),
          (on) => on.onTrue(),
        )
        .select([
          'a.id as account_id',
          'r.id as resource_id',
          'r.own_role',
          'a.active as was_active',
          'a.reason as was_reason',
          sql<boolean>`${ref('a.frozen')} is not null`.as('frozen'),
          // Taken along before the account is written, for what is told afterwards.
          'a.frozen as frozen_as',
          reason.as('reason'),
        ]);
      if (waiting.clean) return people.select(NOTHING_HELD);
      return people
        .leftJoinLateral(
          (eb) =>
            eb
              .selectFrom('rollcall_data.held_effects as h')
              .where('h.tenant_id', '=', tenantId)
              .whereRef('h.account_id', '=', 'a.id')
              .where('h.organization_id', '=', NO_ORGANIZATION)
              .select(['h.hold_id', 'h.rejected', 'h.wanted'])
              .offset(FENCE)
              .as('h'),
          (on) => on.onTrue(),
        )
        .select(['h.hold_id', 'h.rejected', 'h.wanted as held']);
    })
    .with('judged', (qb) =>
      qb
        .selectFrom(
          qb
            .selectFrom('state as s')
            .selectAll('s')
            .select([effect.as('effect'), wanted.as('wanted')])
            .as('j'),
        )
        .selectAll('j')
        .select([
          waits('j', sql`${ref('j.effect')} = 'deactivate'`, waiting).as('waits'),
          sql<boolean>`(${waits('j', sql`${ref('j.effect')} = 'deactivate'`, waiting)}
            and ${ref('j.effect')} in ('create', 'activate', 'deactivate'))`.as('still'),
        ]),
    ) as Difference;
}
