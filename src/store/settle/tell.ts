/** The feed of what was settled: one row for each effect, and one for up to a thousand memberships that changed alike. */
import { type RawBuilder, sql } from 'kysely';
import type { Actor } from '../../provisioning/effect.ts';
import { FENCE } from '../fence.ts';
import type { Origin } from '../origin.ts';
import type { Difference } from './expressions.ts';

/** Accounts that one row tells of at most. */
const TOLD_TOGETHER = 1_000;

const ref = (name: string): RawBuilder<unknown> => sql.ref(name);
const NO_ID = sql<string | null>`null::uuid`;
const NO_JSON = sql<string | null>`null::jsonb`;

/** Members of one object that the other has not, or not so. */
const changed = (one: string, other: string): RawBuilder<string | null> =>
  sql`(select jsonb_object_agg(entry.key, entry.value) from jsonb_each(${ref(one)} - 'active') as entry
    where ${ref(other)} -> entry.key is distinct from entry.value)`;

const changedNames = sql<string[]>`array(select coalesce(old.key, new.key)
  from jsonb_each(${ref('j.frozen_as')} - 'active') as old full join jsonb_each(${ref('r.attributes')} - 'active') as new
  on new.key = old.key where old.value is distinct from new.value order by 1)`;

/**
 * Adds `told` to what was settled.
 * @param clean whether nothing can be held or frozen, as Waiting has it
 */
export function tell(effects: Difference, tenantId: string, origin: Origin, clean: boolean): Difference {
  const { at, actor, tokenId, requestId } = origin;
  return effects.with('told', (qb) =>
    qb
      .insertInto('rollcall_data.changes')
      .columns([
        ...([
          'tenant_id',
          'at',
          'actor',
          'token_id',
          'request_id',
          'kind',
          'resource_type',
          'resource_id',
        ] as const),
        ...(['account_id', 'organization_id', 'account_ids', 'hold_id', 'paths', 'before', 'after'] as const),
      ])
      .expression((eb) =>
        eb
          .selectFrom(
            (clean
              ? ofAccounts(qb, tenantId).unionAll(ofMemberships(qb))
              : ofAccounts(qb, tenantId)
                  .unionAll(ofFrozen(qb, tenantId))
                  .unionAll(ofMemberships(qb))
                  .unionAll(ofHolds(qb))
            ).as('t'),
          )
          // The identity column is filled in this order.
          .orderBy('t.step')
          .select((own) => [
            sql<string>`${tenantId}::uuid`.as('tenant_id'),
            sql<Date>`${at}::timestamptz`.as('at'),
            sql<Actor>`${actor}::text`.as('actor'),
            sql<string | null>`${tokenId}::uuid`.as('token_id'),
            sql<string>`${requestId}::text`.as('request_id'),
            own.ref('t.kind').as('kind'),
            own.ref('t.resource_type').as('resource_type'),
            own.ref('t.resource_id').as('resource_id'),
            own.ref('t.account_id').as('account_id'),
            own.ref('t.organization_id').as('organization_id'),
            own.ref('t.account_ids').as('account_ids'),
            own.ref('t.hold_id').as('hold_id'),
            own.ref('t.paths').as('paths'),
            own.ref('t.before').as('before'),
            own.ref('t.after').as('after'),
          ]),
      )
      .returning('seq'),
  );
}

/**
 * Accounts that are another than before, with their resource, as `j` and `r`. The accounts themselves are not looked at:
 * they may have been written already (docs/decisions/0010).
 */
function accounts(settled: Difference, tenantId: string) {
  return settled
    .selectFrom('judged as j')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('rollcall_data.resources as r')
          .where('r.tenant_id', '=', tenantId)
          .whereRef('r.id', '=', 'j.resource_id')
          .select(['r.id', 'r.type', 'r.attributes'])
          .offset(FENCE)
          .as('r'),
      (on) => on.onTrue(),
    )
    .where('j.effect', 'is not', null)
    .where('j.waits', '=', false);
}

function ofAccounts(settled: Difference, tenantId: string) {
  const after = sql`jsonb_build_object('active', ${ref('j.reason')} is null, 'reason', ${ref('j.reason')})`;
  const before = sql`jsonb_build_object('active', ${ref('j.was_active')}, 'reason', ${ref('j.was_reason')})`;
  return accounts(settled, tenantId)
    .where('j.effect', '<>', 'update')
    .select([
      sql<number>`1`.as('step'),
      sql<string>`(case ${ref('j.effect')} when 'create' then 'account.created' when 'activate' then 'account.reactivated'
        else 'account.' || ${ref('j.reason')} end)`.as('kind'),
      sql<string | null>`${ref('r.type')}`.as('resource_type'),
      sql<string | null>`${ref('r.id')}`.as('resource_id'),
      sql<string | null>`${ref('j.account_id')}`.as('account_id'),
      NO_ID.as('organization_id'),
      sql<string[] | null>`null::uuid[]`.as('account_ids'),
      NO_ID.as('hold_id'),
      sql<string[]>`array['active']::text[]`.as('paths'),
      sql<string | null>`(case when ${ref('j.effect')} <> 'create' then ${before} end)`.as('before'),
      sql<
        string | null
      >`(case when ${ref('j.effect')} = 'create' then ${ref('r.attributes')} || ${after} else ${after} end)`.as(
        'after',
      ),
    ]);
}

/** Attributes whose change had to wait. */
function ofFrozen(settled: Difference, tenantId: string) {
  return accounts(settled, tenantId)
    .where('j.frozen', '=', true)
    .where('j.effect', '<>', 'create')
    .where(sql<boolean>`cardinality(${changedNames}) > 0`)
    .select([
      sql<number>`2`.as('step'),
      sql<string>`'account.updated'`.as('kind'),
      sql<string | null>`${ref('r.type')}`.as('resource_type'),
      sql<string | null>`${ref('r.id')}`.as('resource_id'),
      sql<string | null>`${ref('j.account_id')}`.as('account_id'),
      NO_ID.as('organization_id'),
      sql<string[] | null>`null::uuid[]`.as('account_ids'),
      NO_ID.as('hold_id'),
      changedNames.as('paths'),
      changed('j.frozen_as', 'r.attributes').as('before'),
      changed('r.attributes', 'j.frozen_as').as('after'),
    ]);
}

function ofMemberships(settled: Difference) {
  const image = (there: string, role: string, groups: string) =>
    sql<string | null>`(case when ${ref(there)}
      then jsonb_build_object('role', ${ref(role)}, 'groups', to_jsonb(${ref(groups)})) end)`;
  const alike = settled
    .selectFrom('weighed as w')
    .where('w.waits', '=', false)
    .select([
      'w.account_id',
      'w.organization_id',
      sql<string>`(case ${ref('w.effect')} when 'add' then 'members.added' when 'remove' then 'members.removed'
        else 'members.changed' end)`.as('kind'),
      image('w.was', 'w.old_role', 'w.old_groups').as('before'),
      image('w.due', 'w.new_role', 'w.new_groups').as('after'),
    ]);
  const parts = settled
    .selectFrom(alike.as('m'))
    .selectAll('m')
    .select(
      sql<number>`((row_number() over (partition by ${ref('m.organization_id')}, ${ref('m.kind')}, ${ref('m.before')},
        ${ref('m.after')} order by ${ref('m.account_id')}) - 1) / ${TOLD_TOGETHER}::int)`.as('part'),
    );
  return settled
    .selectFrom(parts.as('p'))
    .groupBy(['p.organization_id', 'p.kind', 'p.before', 'p.after', 'p.part'])
    .select([
      sql<number>`3`.as('step'),
      'p.kind',
      sql<string | null>`null::text`.as('resource_type'),
      NO_ID.as('resource_id'),
      NO_ID.as('account_id'),
      sql<string | null>`${ref('p.organization_id')}`.as('organization_id'),
      sql<string[] | null>`array_agg(${ref('p.account_id')} order by ${ref('p.account_id')})`.as(
        'account_ids',
      ),
      NO_ID.as('hold_id'),
      sql<string[]>`'{}'::text[]`.as('paths'),
      'p.before',
      'p.after',
    ]);
}

function ofHolds(settled: Difference) {
  const all = settled
    .selectFrom('held as h')
    .select([
      'h.hold_id',
      'h.account_id',
      sql<string>`'effects.held'`.as('kind'),
      sql<string | null>`${ref('h.effect')}`.as('effect'),
    ])
    .unionAll(
      settled
        .selectFrom('superseded as s')
        .select([
          's.hold_id',
          's.account_id',
          sql<string>`'effects.superseded'`.as('kind'),
          sql<string | null>`null::text`.as('effect'),
        ]),
    );
  const parts = settled
    .selectFrom(all.as('e'))
    .selectAll('e')
    .select(
      sql<number>`((row_number() over (partition by ${ref('e.hold_id')}, ${ref('e.kind')}, ${ref('e.effect')}
        order by ${ref('e.account_id')}) - 1) / ${TOLD_TOGETHER}::int)`.as('part'),
    );
  return settled
    .selectFrom(parts.as('p'))
    .groupBy(['p.hold_id', 'p.kind', 'p.effect', 'p.part'])
    .select([
      sql<number>`4`.as('step'),
      'p.kind',
      sql<string | null>`null::text`.as('resource_type'),
      NO_ID.as('resource_id'),
      NO_ID.as('account_id'),
      NO_ID.as('organization_id'),
      sql<string[] | null>`array_agg(distinct ${ref('p.account_id')})`.as('account_ids'),
      sql<string | null>`${ref('p.hold_id')}`.as('hold_id'),
      sql<string[]>`'{}'::text[]`.as('paths'),
      NO_JSON.as('before'),
      sql<
        string | null
      >`(case when ${ref('p.effect')} is not null then jsonb_build_object('effect', ${ref('p.effect')}) end)`.as(
        'after',
      ),
    ]);
}
