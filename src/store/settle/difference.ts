/**
 * The difference between what the directory asks for and what counts, as common table expressions of one statement:
 * nothing of it is kept in memory, however many people a group has.
 */
import { type QueryCreator, sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Effect, Reason } from '../../provisioning/effect.ts';
import type { Scope } from '../readResources.ts';
import type { Database } from '../tables.ts';
import { compileWhere } from '../where.ts';
import { type Concerned, NO_ORGANIZATION, type Policy, type Terms } from './concerned.ts';

type State = {
  account_id: string;
  resource_id: string;
  own_role: string | null;
  was_active: boolean;
  was_reason: Reason | null;
  frozen: boolean;
  reason: Reason | null;
  hold_id: string | null;
  rejected: boolean | null;
  held: unknown;
};

type Compared = {
  account_id: string;
  organization_id: string;
  was: boolean;
  old_role: string | null;
  old_groups: string[];
  old_rank: number | null;
  due: boolean;
  new_role: string | null;
  new_groups: string[];
  new_rank: number | null;
  /** Whether it only follows from the account's own end. */
  follows: boolean;
};

type Membership = {
  readonly account_id: string;
  readonly organization_id: string;
  readonly role: string | null;
  readonly group_ids: string[];
};

/** What each common table expression has. */
type Expressions = {
  /** Resources that the change concerns; `nested`: those in it are, too. */
  concerned: { id: string; nested: boolean };
  /** Each account concerned: what it is, and why it is due to be inactive (null: due to be active). */
  state: State;
  /** The same with what the change would do to it, and whether that waits. */
  judged: State & { effect: Effect | null; wanted: unknown; waits: boolean; still: boolean };
  /** Groups that lead to the organizations looked at. */
  leading: { group_id: string };
  direct: { account_id: string; own_role: string | null; group_id: string };
  /** For each group of somebody concerned, itself and every group above it. */
  above: { base: string; group_id: string };
  given: Omit<Membership, 'group_ids'> & { own_role: string | null; group_id: string | null };
  due: Membership & { rank: number | null };
  actual: Membership & { rank: number | null; follows: boolean };
  compared: Compared;
  /** Every membership concerned, with what the change would do to it, and whether that waits. */
  weighed: Compared & {
    effect: Effect | null;
    wanted: unknown;
    waits: boolean;
    hold_id: string | null;
  };
  /** What waits from now on, and what does not wait any more. */
  held: { account_id: string; hold_id: string; effect: Effect };
  superseded: { account_id: string; hold_id: string };
  told: { seq: string };
};

export type Difference = QueryCreator<Database & Expressions>;

const ref = (name: string): RawBuilder<unknown> => sql.ref(name);

/** @returns a query builder that knows `judged` (accounts) and `weighed` (memberships) */
export function difference(scope: Scope, concerned: Concerned, terms: Terms, policy: Policy): Difference {
  const db = scope.db.withTables<Expressions>();
  return memberships(accounts(db, scope, concerned, terms, policy), scope.tenantId, concerned, terms, policy);
}

/** `concerned` alone, for what has to be locked before the difference is looked at. */
export function concernedIn(db: Difference, tenantId: string, { ids, nested }: Concerned): Difference {
  const given = sql<string>`unnest(${ids}::uuid[])`.as('id');
  const groups = sql<boolean>`${nested}::boolean`.as('nested');
  return db.withRecursive('concerned', (qb) => {
    const roots = qb.selectNoFrom([given, groups]);
    if (!nested) return roots;
    return roots.union(
      qb
        .selectFrom('concerned')
        .innerJoin('rollcall_data.members as m', (on) =>
          on.on('m.tenant_id', '=', tenantId).onRef('m.group_id', '=', 'concerned.id'),
        )
        .where('concerned.nested', '=', true)
        .select(['m.member_id as id', 'm.nested']),
    );
  }) as unknown as Difference;
}

function accounts(
  db: Difference,
  { tenantId }: Scope,
  concerned: Concerned,
  { admission }: Terms,
  policy: Policy,
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
  const wanted = sql<unknown>`jsonb_build_object('reason', ${ref('s.reason')})`;
  return concernedIn(db, tenantId, concerned)
    .withRecursive('state', (qb) =>
      qb
        .selectFrom(qb.selectFrom('concerned').select('concerned.id').distinct().as('c'))
        .innerJoin('rollcall_data.resources as r', (on) =>
          on.on('r.tenant_id', '=', tenantId).onRef('r.id', '=', 'c.id'),
        )
        .innerJoin('rollcall_data.accounts as a', (on) =>
          on
            .on('a.tenant_id', '=', tenantId)
            .onRef('a.id', '=', 'r.account_id')
            .onRef('a.resource_id', '=', 'r.id'),
        )
        .leftJoin('rollcall_data.held_effects as h', (on) =>
          on
            .on('h.tenant_id', '=', tenantId)
            .onRef('h.account_id', '=', 'a.id')
            .on('h.organization_id', '=', NO_ORGANIZATION),
        )
        .select([
          'a.id as account_id',
          'r.id as resource_id',
          'r.own_role',
          'a.active as was_active',
          'a.reason as was_reason',
          sql<boolean>`${ref('a.frozen')} is not null`.as('frozen'),
          reason.as('reason'),
          'h.hold_id',
          'h.rejected',
          'h.wanted as held',
        ]),
    )
    .withRecursive('judged', (qb) =>
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
          waits('j', sql`${ref('j.effect')} = 'deactivate'`, policy).as('waits'),
          sql<boolean>`(${waits('j', sql`${ref('j.effect')} = 'deactivate'`, policy)}
            and ${ref('j.effect')} in ('create', 'activate', 'deactivate'))`.as('still'),
        ]),
    ) as unknown as Difference;
}

/**
 * An effect waits when the policy holds it; a removal, while it is held; and what was rejected, until something else is
 * asked for.
 */
function waits(name: string, isRemoval: RawBuilder<unknown>, policy: Policy): RawBuilder<boolean> {
  const rejected = ref(`${name}.rejected`);
  return sql<boolean>`(${ref(`${name}.effect`)} is not null and (${policy.holdAll}::boolean
    or (${isRemoval} and (${policy.holdRemovals}::boolean or coalesce(not ${rejected}, false)))
    or coalesce(${rejected} and ${ref(`${name}.held`)} = ${ref(`${name}.wanted`)}, false)))`;
}

function memberships(
  db: Difference,
  tenantId: string,
  { organizations }: Concerned,
  terms: Terms,
  policy: Policy,
): Difference {
  const rankOf = (role: string): RawBuilder<number | null> =>
    sql`array_position(${terms.roles}::text[], ${ref(role)})`;
  const some = organizations === 'all' ? undefined : sql<string>`any(${organizations}::uuid[])`;
  const follows = sql<boolean>`coalesce(${ref('j.effect')} = 'deactivate', false)`;
  const isDue = sql<boolean>`(${ref('j.reason')} is null and not ${ref('j.still')})`;
  const best =
    terms.userRoles === 'everyOrganization'
      ? sql`greatest(${rankOf('g.role')}, ${rankOf('g.own_role')})`
      : rankOf('g.role');
  const effect = sql<Effect | null>`(case
    when not ${ref('c.was')} then 'add'
    when not ${ref('c.due')} then 'remove'
    when ${ref('c.new_role')} is not distinct from ${ref('c.old_role')}
      and ${ref('c.new_groups')} = ${ref('c.old_groups')} then null
    when coalesce(${ref('c.new_rank')}, 0) < coalesce(${ref('c.old_rank')}, 0) then 'weaken'
    else 'change' end)`;
  const wanted = sql<unknown>`(case when ${ref('c.due')} then jsonb_build_object('role', ${ref('c.new_role')})
    else 'null'::jsonb end)`;
  let known = db;
  if (some) {
    known = db.withRecursive('leading', (qb) =>
      qb
        .selectFrom('rollcall_data.group_links as l')
        .where('l.tenant_id', '=', tenantId)
        .where('l.organization_id', '=', some)
        .select('l.group_id')
        .union(
          qb
            .selectFrom('leading')
            .innerJoin('rollcall_data.members as m', (on) =>
              on
                .on('m.tenant_id', '=', tenantId)
                .onRef('m.group_id', '=', 'leading.group_id')
                .on('m.nested', '=', true),
            )
            .select('m.member_id as group_id'),
        ),
    ) as unknown as Difference;
  }
  return known
    .withRecursive('direct', (qb) => {
      const own = qb
        .selectFrom('judged as j')
        .innerJoin('rollcall_data.members as m', (on) =>
          on.on('m.tenant_id', '=', tenantId).onRef('m.member_id', '=', 'j.resource_id'),
        )
        .where(isDue)
        .select(['j.account_id', 'j.own_role', 'm.group_id']);
      return some ? own.innerJoin('leading', (on) => on.onRef('leading.group_id', '=', 'm.group_id')) : own;
    })
    .withRecursive('above', (qb) =>
      qb
        .selectFrom('direct as d')
        .select(['d.group_id as base', 'd.group_id'])
        .union(
          qb
            .selectFrom('above')
            .innerJoin('rollcall_data.members as m', (on) =>
              on.on('m.tenant_id', '=', tenantId).onRef('m.member_id', '=', 'above.group_id'),
            )
            .select(['above.base', 'm.group_id']),
        ),
    )
    .withRecursive('given', (qb) => {
      const byGroups = qb
        .selectFrom('direct as d')
        .innerJoin('above', (on) => on.onRef('above.base', '=', 'd.group_id'))
        .innerJoin('rollcall_data.group_links as l', (on) =>
          on.on('l.tenant_id', '=', tenantId).onRef('l.group_id', '=', 'above.group_id'),
        )
        .select([
          'd.account_id',
          'd.own_role',
          'l.organization_id',
          'l.role',
          sql<string | null>`${ref('l.group_id')}`.as('group_id'),
        ]);
      const everybody = qb
        .selectFrom('judged as j')
        .innerJoin('rollcall_data.organizations as o', (on) =>
          on.on('o.tenant_id', '=', tenantId).on('o.is_default', '=', true),
        )
        .where(isDue)
        .select([
          'j.account_id',
          'j.own_role',
          'o.id as organization_id',
          sql<string | null>`${terms.defaultRole}::text`.as('role'),
          sql<string | null>`null::uuid`.as('group_id'),
        ]);
      const byOwnRoles = qb
        .selectFrom('judged as j')
        .innerJoin('rollcall_data.organizations as o', (on) =>
          on.on('o.tenant_id', '=', tenantId).on('o.is_default', '=', true),
        )
        .where(isDue)
        .where('j.own_role', 'is not', null)
        .select([
          'j.account_id',
          'j.own_role',
          'o.id as organization_id',
          'j.own_role as role',
          sql<string | null>`null::uuid`.as('group_id'),
        ]);
      const all = (some ? byGroups.where('l.organization_id', '=', some) : byGroups).unionAll(
        some ? everybody.where('o.id', '=', some) : everybody,
      );
      if (terms.userRoles !== 'defaultOrganization') return all;
      return all.unionAll(some ? byOwnRoles.where('o.id', '=', some) : byOwnRoles);
    })
    .withRecursive('due', (qb) =>
      qb
        .selectFrom(
          qb
            .selectFrom('given as g')
            .groupBy(['g.account_id', 'g.organization_id'])
            .select([
              'g.account_id',
              'g.organization_id',
              sql<number | null>`max(${best})`.as('rank'),
              sql<string[]>`coalesce(array_agg(distinct ${ref('g.group_id')} order by ${ref('g.group_id')})
                filter (where ${ref('g.group_id')} is not null), '{}'::uuid[])`.as('group_ids'),
            ])
            .as('d'),
        )
        .selectAll('d')
        .select(sql<string | null>`(${terms.roles}::text[])[${ref('d.rank')}]`.as('role')),
    )
    .withRecursive('actual', (qb) =>
      qb
        .selectFrom('judged as j')
        // Person by person, whatever is expected of the table: joined, each person could be compared with each membership.
        .innerJoinLateral(
          (eb) => {
            const own = eb
              .selectFrom('rollcall_data.organization_members as o')
              .where('o.tenant_id', '=', tenantId)
              .whereRef('o.account_id', '=', 'j.account_id')
              .select(['o.account_id', 'o.organization_id', 'o.role', 'o.group_ids'])
              .offset(0);
            return (some ? own.where('o.organization_id', '=', some) : own).as('m');
          },
          (on) => on.onTrue(),
        )
        .where('j.still', '=', false)
        .select([
          'm.account_id',
          'm.organization_id',
          'm.role',
          'm.group_ids',
          rankOf('m.role').as('rank'),
          follows.as('follows'),
        ]),
    )
    .withRecursive('compared', (qb) =>
      qb
        .selectFrom('due as d')
        .fullJoin('actual as a', (on) =>
          on.onRef('a.account_id', '=', 'd.account_id').onRef('a.organization_id', '=', 'd.organization_id'),
        )
        .select([
          sql<string>`coalesce(${ref('d.account_id')}, ${ref('a.account_id')})`.as('account_id'),
          sql<string>`coalesce(${ref('d.organization_id')}, ${ref('a.organization_id')})`.as(
            'organization_id',
          ),
          sql<boolean>`${ref('a.account_id')} is not null`.as('was'),
          'a.role as old_role',
          sql<string[]>`${ref('a.group_ids')}`.as('old_groups'),
          'a.rank as old_rank',
          sql<boolean>`${ref('d.account_id')} is not null`.as('due'),
          'd.role as new_role',
          sql<string[]>`${ref('d.group_ids')}`.as('new_groups'),
          'd.rank as new_rank',
          sql<boolean>`coalesce(${ref('a.follows')}, false)`.as('follows'),
        ]),
    )
    .withRecursive('weighed', (qb) =>
      qb
        .selectFrom(
          qb
            .selectFrom('compared as c')
            .leftJoin('rollcall_data.held_effects as h', (on) =>
              on
                .on('h.tenant_id', '=', tenantId)
                .onRef('h.account_id', '=', 'c.account_id')
                .onRef('h.organization_id', '=', 'c.organization_id'),
            )
            .selectAll('c')
            .select([effect.as('effect'), wanted.as('wanted'), 'h.wanted as held', 'h.rejected', 'h.hold_id'])
            .as('w'),
        )
        .selectAll('w')
        .select(
          sql<boolean>`(not ${ref('w.follows')}
            and ${waits('w', sql`${ref('w.effect')} in ('remove', 'weaken')`, policy)})`.as('waits'),
        ),
    ) as unknown as Difference;
}
