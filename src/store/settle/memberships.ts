/** The difference between the memberships that are due and those that count. */
import { type RawBuilder, sql } from 'kysely';
import type { Effect } from '../../provisioning/effect.ts';
import { FENCE } from '../fence.ts';
import { groupsOver } from '../nesting.ts';
import type { Concerned, Terms } from './concerned.ts';
import type { Difference } from './expressions.ts';
import { NOTHING_HELD } from './nothingHeld.ts';
import { type Waiting, waits } from './waits.ts';

const ref = (name: string): RawBuilder<unknown> => sql.ref(name);

/** Adds `weighed` to the accounts that were judged. */
export function memberships(
  db: Difference,
  tenantId: string,
  { organizations }: Concerned,
  terms: Terms,
  waiting: Waiting,
): Difference {
  const some = organizations === 'all' ? undefined : sql<string>`any(${organizations}::uuid[])`;
  const known = some ? leadingTo(db, tenantId, some) : db;
  return weighed(compared(due(known, tenantId, some, terms), tenantId, some, terms), tenantId, waiting);
}

const rankOf = ({ roles }: Terms, role: string): RawBuilder<number | null> =>
  sql`array_position(${roles}::text[], ${ref(role)})`;

/** `leading`: the groups that lead to some organizations, themselves or by a group that they are in. */
function leadingTo(db: Difference, tenantId: string, some: RawBuilder<string>): Difference {
  return db.with('leading', (outer) =>
    outer
      .withRecursive('down', (qb) =>
        qb
          .selectFrom('rollcall_data.group_links as l')
          .where('l.tenant_id', '=', tenantId)
          .where('l.organization_id', '=', some)
          .select('l.group_id')
          .union(
            qb
              .selectFrom('down')
              .innerJoinLateral(
                (eb) =>
                  eb
                    .selectFrom('rollcall_data.members as m')
                    .where('m.tenant_id', '=', tenantId)
                    .whereRef('m.group_id', '=', 'down.group_id')
                    .where('m.nested', '=', true)
                    .select('m.member_id')
                    .offset(FENCE)
                    .as('m'),
                (on) => on.onTrue(),
              )
              .select('m.member_id as group_id'),
          ),
      )
      .selectFrom('down')
      .select('down.group_id'),
  ) as Difference;
}

/** `due`: the memberships that the directory asks for, of those who were judged. */
export function due(
  db: Difference,
  tenantId: string,
  some: RawBuilder<string> | undefined,
  terms: Terms,
): Difference {
  const isDue = sql<boolean>`(${ref('j.reason')} is null and not ${ref('j.still')})`;
  const best =
    terms.userRoles === 'everyOrganization'
      ? sql`greatest(${rankOf(terms, 'g.role')}, ${rankOf(terms, 'g.own_role')})`
      : rankOf(terms, 'g.role');
  return db
    .with('direct', (qb) =>
      qb
        .selectFrom('judged as j')
        .innerJoinLateral(
          (eb) => {
            const groups = eb
              .selectFrom('rollcall_data.members as m')
              .where('m.tenant_id', '=', tenantId)
              .whereRef('m.member_id', '=', 'j.resource_id')
              .select('m.group_id')
              .offset(FENCE);
            return (
              some
                ? groups.where('m.group_id', 'in', (inner) =>
                    inner.selectFrom('leading').select('leading.group_id'),
                  )
                : groups
            ).as('m');
          },
          (on) => on.onTrue(),
        )
        .where(isDue)
        .select(['j.account_id', 'j.own_role', 'm.group_id']),
    )
    .with('above', (outer) =>
      outer
        .withRecursive('up', (qb) =>
          qb
            .selectFrom('direct as d')
            .select(['d.group_id as base', 'd.group_id'])
            .union(
              qb
                .selectFrom('up')
                .innerJoinLateral(groupsOver(tenantId, 'up.group_id').as('m'), (on) => on.onTrue())
                .select(['up.base', 'm.group_id']),
            ),
        )
        .selectFrom('up')
        .select(['up.base', 'up.group_id']),
    )
    .with('leads', (qb) => {
      const links = qb
        .selectFrom('above')
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom('rollcall_data.group_links as l')
              .where('l.tenant_id', '=', tenantId)
              .whereRef('l.group_id', '=', 'above.group_id')
              .select(['l.organization_id', 'l.role', 'l.group_id'])
              .offset(FENCE)
              .as('l'),
          (on) => on.onTrue(),
        )
        .select(['above.base', 'l.organization_id', 'l.role', 'l.group_id']);
      return some ? links.where('l.organization_id', '=', some) : links;
    })
    .with('given', (qb) => {
      const byGroups = qb
        .selectFrom('direct as d')
        .innerJoin('leads as l', (on) => on.onRef('l.base', '=', 'd.group_id'))
        .select([
          'd.account_id',
          'd.own_role',
          'l.organization_id',
          'l.role',
          sql<string | null>`${ref('l.group_id')}`.as('group_id'),
        ]);
      const inDefault = qb
        .selectFrom('judged as j')
        .innerJoin('rollcall_data.organizations as o', (on) =>
          on.on('o.tenant_id', '=', tenantId).on('o.is_default', '=', true),
        )
        .where(isDue)
        .select(['j.account_id', 'j.own_role', 'o.id as organization_id']);
      const looked = some ? inDefault.where('o.id', '=', some) : inDefault;
      const everybody = looked.select([
        sql<string | null>`${terms.defaultRole}::text`.as('role'),
        sql<string | null>`null::uuid`.as('group_id'),
      ]);
      if (terms.userRoles !== 'defaultOrganization') return byGroups.unionAll(everybody);
      const byOwnRoles = looked
        .where('j.own_role', 'is not', null)
        .select(['j.own_role as role', sql<string | null>`null::uuid`.as('group_id')]);
      return byGroups.unionAll(everybody).unionAll(byOwnRoles);
    })
    .with('due', (qb) =>
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
    ) as Difference;
}

/** `compared`: every membership that is due or counts. */
function compared(
  db: Difference,
  tenantId: string,
  some: RawBuilder<string> | undefined,
  terms: Terms,
): Difference {
  return db
    .with('actual', (qb) =>
      qb
        .selectFrom('judged as j')
        .innerJoinLateral(
          (eb) => {
            const own = eb
              .selectFrom('rollcall_data.organization_members as m')
              .where('m.tenant_id', '=', tenantId)
              .whereRef('m.account_id', '=', 'j.account_id')
              .select(['m.organization_id', 'm.role', 'm.group_ids'])
              .offset(FENCE);
            return (some ? own.where('m.organization_id', '=', some) : own).as('m');
          },
          (on) => on.onTrue(),
        )
        .where('j.still', '=', false)
        .select([
          'j.account_id',
          'm.organization_id',
          'm.role',
          'm.group_ids',
          rankOf(terms, 'm.role').as('rank'),
          sql<boolean>`coalesce(${ref('j.effect')} = 'deactivate', false)`.as('follows'),
        ]),
    )
    .with('compared', (qb) =>
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
    ) as Difference;
}

/** `weighed`: those of them that differ, with what the change would do. */
function weighed(db: Difference, tenantId: string, waiting: Waiting): Difference {
  const effect = sql<Effect>`(case
    when not ${ref('c.was')} then 'add'
    when not ${ref('c.due')} then 'remove'
    when coalesce(${ref('c.new_rank')}, 0) < coalesce(${ref('c.old_rank')}, 0) then 'weaken'
    else 'change' end)`;
  const differs = sql<boolean>`(${ref('c.was')} <> ${ref('c.due')}
    or ${ref('c.new_role')} is distinct from ${ref('c.old_role')}
    or ${ref('c.new_groups')} is distinct from ${ref('c.old_groups')})`;
  const wanted = sql`(case when ${ref('c.due')} then jsonb_build_object('role', ${ref('c.new_role')})
    else 'null'::jsonb end)`;
  return db.with('weighed', (qb) => {
    const different = qb
      .selectFrom('compared as c')
      .where(differs)
      .selectAll('c')
      .select([effect.as('effect'), wanted.as('wanted')]);
    const differing = waiting.clean
      ? different.select(NOTHING_HELD)
      : different
          .leftJoinLateral(
            (eb) =>
              eb
                .selectFrom('rollcall_data.held_effects as h')
                .where('h.tenant_id', '=', tenantId)
                .whereRef('h.account_id', '=', 'c.account_id')
                .whereRef('h.organization_id', '=', 'c.organization_id')
                .select(['h.hold_id', 'h.rejected', 'h.wanted'])
                .offset(FENCE)
                .as('h'),
            (on) => on.onTrue(),
          )
          .select(['h.hold_id', 'h.rejected', 'h.wanted as held']);
    return qb
      .selectFrom(differing.as('w'))
      .selectAll('w')
      .select(
        sql<boolean>`(not ${ref('w.follows')}
          and ${waits('w', sql`${ref('w.effect')} in ('remove', 'weaken')`, waiting)})`.as('waits'),
      );
  }) as Difference;
}
