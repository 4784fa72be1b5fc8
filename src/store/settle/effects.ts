/** What a difference does: to accounts and memberships, or to the list of what waits. */
import { sql } from 'kysely';
import { emailOf } from '../emailOf.ts';
import { among, FENCE } from '../fence.ts';
import type { Effect } from '../../provisioning/effect.ts';
import type { Origin } from '../origin.ts';
import type { Policy } from '../../provisioning/policy.ts';
import { type Concerned, NO_ORGANIZATION } from './concerned.ts';
import type { Difference } from './expressions.ts';

const ref = (name: string) => sql.ref(name);

/** Sets the accounts and memberships whose effects do not wait. */
export function applied(difference: Difference, tenantId: string, { at }: Origin): Difference {
  return difference
    .with('account', (qb) =>
      qb
        .updateTable('rollcall_data.accounts as a')
        .from((eb) =>
          eb
            .selectFrom('judged as s')
            .innerJoinLateral(
              (own) =>
                own
                  .selectFrom('rollcall_data.resources as o')
                  .where('o.tenant_id', '=', tenantId)
                  .whereRef('o.id', '=', 's.resource_id')
                  .select('o.attributes')
                  .offset(FENCE)
                  .as('o'),
              (on) => on.onTrue(),
            )
            .where('s.effect', 'is not', null)
            .where('s.waits', '=', false)
            .select(['s.account_id', 's.reason', 'o.attributes'])
            .as('j'),
        )
        .set({
          active: sql<boolean>`${ref('j.reason')} is null`,
          reason: sql`${ref('j.reason')}`,
          user_name: sql`${ref('j.attributes')} ->> 'userName'`,
          email: emailOf('j.attributes'),
          frozen: null,
          modified_at: at,
          deprovisioned_at: sql`case when ${ref('j.reason')} = 'deprovisioned' then ${at}::timestamptz end`,
        })
        .where('a.tenant_id', '=', tenantId)
        .whereRef('a.id', '=', 'j.account_id')
        .where((eb) =>
          among(
            'a.id',
            eb
              .selectFrom('judged as n')
              .where('n.effect', 'is not', null)
              .where('n.waits', '=', false)
              .select('n.account_id'),
          ),
        )
        .returning('a.id'),
    )
    .with('ended', (qb) =>
      qb
        .deleteFrom('rollcall_data.organization_members as m')
        .using('weighed as w')
        .where('m.tenant_id', '=', tenantId)
        .whereRef('m.organization_id', '=', 'w.organization_id')
        .whereRef('m.account_id', '=', 'w.account_id')
        .where('w.effect', '=', 'remove')
        .where('w.waits', '=', false)
        .where((eb) =>
          among(
            'm.account_id',
            eb
              .selectFrom('weighed as n')
              .where('n.effect', '=', 'remove')
              .where('n.waits', '=', false)
              .select('n.account_id'),
          ),
        )
        .returning('m.account_id'),
    )
    .with('kept', (qb) =>
      qb
        .insertInto('rollcall_data.organization_members')
        .columns(['tenant_id', 'organization_id', 'account_id', 'role', 'group_ids'])
        .expression((eb) =>
          eb
            .selectFrom('weighed as w')
            .where('w.effect', 'in', ['add', 'weaken', 'change'])
            .where('w.waits', '=', false)
            .select((own) => [
              sql<string>`${tenantId}::uuid`.as('tenant_id'),
              own.ref('w.organization_id').as('organization_id'),
              own.ref('w.account_id').as('account_id'),
              own.ref('w.new_role').as('role'),
              own.ref('w.new_groups').as('group_ids'),
            ]),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'organization_id', 'account_id'])
            .doUpdateSet({ role: sql`excluded.role`, group_ids: sql`excluded.group_ids` }),
        )
        .returning('account_id'),
    ) as Difference;
}

/** Notes what waits, and forgets what does not wait any more. */
export function held(
  effects: Difference,
  tenantId: string,
  { organizations }: Concerned,
  { holdId }: Policy,
  { at, tokenId, requestId }: Origin,
): Difference {
  const row = (hold: string) =>
    [
      sql<string>`coalesce(${ref(hold)}, ${holdId}::uuid)`.as('hold_id'),
      sql<Date>`${at}::timestamptz`.as('at'),
      sql<string | null>`${tokenId}::uuid`.as('token_id'),
      sql<string>`${requestId}::text`.as('request_id'),
    ] as const;
  const looked = organizations === 'all' ? undefined : sql<string>`any(${organizations}::uuid[])`;
  return effects
    .with('held', (qb) =>
      qb
        .insertInto('rollcall_data.held_effects')
        .columns([
          ...(['tenant_id', 'account_id', 'organization_id', 'effect', 'wanted'] as const),
          ...(['hold_id', 'at', 'token_id', 'request_id'] as const),
        ])
        .expression((eb) =>
          eb
            .selectFrom('judged as j')
            .where('j.waits', '=', true)
            .select((own) => [
              sql<string>`${tenantId}::uuid`.as('tenant_id'),
              own.ref('j.account_id').as('account_id'),
              sql<string>`${NO_ORGANIZATION}::uuid`.as('organization_id'),
              sql<Effect>`${ref('j.effect')}`.as('effect'),
              sql<string>`${ref('j.wanted')}`.as('wanted'),
              ...row('j.hold_id'),
            ])
            .unionAll(
              eb
                .selectFrom('weighed as w')
                .where('w.waits', '=', true)
                .select((own) => [
                  sql<string>`${tenantId}::uuid`.as('tenant_id'),
                  own.ref('w.account_id').as('account_id'),
                  own.ref('w.organization_id').as('organization_id'),
                  sql<Effect>`${ref('w.effect')}`.as('effect'),
                  sql<string>`${ref('w.wanted')}`.as('wanted'),
                  ...row('w.hold_id'),
                ]),
            ),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'account_id', 'organization_id'])
            .doUpdateSet({
              effect: sql`excluded.effect`,
              wanted: sql`excluded.wanted`,
              hold_id: sql`coalesce(${holdId}::uuid, excluded.hold_id)`,
              rejected: false,
              at: sql`excluded.at`,
              token_id: sql`excluded.token_id`,
              request_id: sql`excluded.request_id`,
            })
            .whereRef('rollcall_data.held_effects.wanted', 'is distinct from', 'excluded.wanted'),
        )
        .returning(['account_id', 'hold_id', 'effect']),
    )
    .with('superseded', (qb) => {
      const membership = qb
        .selectFrom('weighed as w')
        .where('w.account_id', '=', sql<string>`${ref('h.account_id')}`)
        .where('w.organization_id', '=', sql<string>`${ref('h.organization_id')}`)
        .where('w.waits', '=', true)
        .select(sql<number>`1`.as('one'));
      const ofAccount = sql<boolean>`${ref('h.organization_id')} = ${NO_ORGANIZATION}::uuid`;
      const inSight = looked ? sql<boolean>`${ref('h.organization_id')} = ${looked}` : sql<boolean>`true`;
      return qb
        .deleteFrom('rollcall_data.held_effects as h')
        .using('judged as j')
        .where('h.tenant_id', '=', tenantId)
        .whereRef('h.account_id', '=', 'j.account_id')
        .where((eb) => among('h.account_id', eb.selectFrom('judged as n').select('n.account_id')))
        .where((eb) =>
          eb.or([
            eb.and([ofAccount, eb('j.waits', '=', false)]),
            eb.and([
              sql<boolean>`not ${ofAccount}`,
              inSight,
              eb('j.still', '=', false),
              eb.not(eb.exists(membership)),
            ]),
          ]),
        )
        .returning(['h.account_id', 'h.hold_id']);
    }) as Difference;
}
