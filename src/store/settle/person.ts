/**
 * Somebody who is suspended or comes back, where there is nothing to decide: the resource, the account, its memberships
 * and the feed in one statement. It does to one person what settling does to any number, whose rows it need not look for.
 */
import { type Kysely, type QueryCreator, sql } from 'kysely';
import type { Actor, Reason } from '../../provisioning/effect.ts';
import { type Rewriting, rewriting } from '../rewriting.ts';
import type { AccountColumns } from '../row.ts';
import { shaped, statement } from '../statement.ts';
import type { Database } from '../tables.ts';
import { run, type TenantScope } from '../tenantScope.ts';
import type { Terms } from './concerned.ts';
import type { Difference, Expressions } from './expressions.ts';
import { due } from './memberships.ts';

const ref = (name: string) => sql.ref(name);

/** What becomes of a person who was read before. */
export interface Person extends Rewriting, AccountColumns {
  readonly type: string;
  readonly account_id: string;
  /** Of other attributes that change at the same time; null where there are none. */
  readonly paths: string[] | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly actor: Actor;
  readonly token_id: string | null;
  readonly request_id: string;
}

type Given = Person & Pick<Terms, 'defaultRole' | 'roles'>;

type Chain = QueryCreator<
  Database &
    Expressions & {
      resource: { id: string };
      came: { organization_id: string; before: string | null; after: string | null };
    }
>;

const writing = shaped(
  ({ active, userRoles }: { readonly active: boolean; readonly userRoles: Terms['userRoles'] }) =>
    `${active} ${userRoles}`,
  ({ active, userRoles }) =>
    statement<Given, { id: string }>(({ db, tenantId, slot }) => {
      const update = () =>
        rewriting(db, { tenantId, slot })
          .where((eb) => eb.exists(asTheyWere(db, tenantId, slot('account_id'), slot('id'), !active)))
          .where((eb) => eb.not(eb.exists(waiting(db, tenantId, slot('account_id')))))
          .where((eb) => eb.not(eb.exists(openHold(db, tenantId))))
          .returning('r.id');
      const start = db.withTables<Expressions>();
      const written = start.with('resource', update) as unknown as Chain;
      const account = written.with('account', (qb) =>
        qb
          .updateTable('rollcall_data.accounts as a')
          .from('resource as r')
          .set({
            active,
            reason: active ? null : 'suspended',
            user_name: slot('user_name'),
            email: slot('email'),
            modified_at: slot('at'),
          })
          .where('a.tenant_id', '=', tenantId)
          .where('a.id', '=', slot('account_id'))
          .returning('a.id'),
      ) as unknown as Chain;
      const settled = active
        ? comesBack(account, tenantId, slot('id'), slot('account_id'), slot('own_role'), {
            roles: slot('roles'),
            defaultRole: slot('defaultRole'),
            userRoles,
            admission: undefined,
          })
        : leaves(account, tenantId, slot('account_id'));
      const accountId = sql<string | null>`${slot('account_id')}::uuid`;
      const resource = [
        sql<string | null>`${slot('type')}::text`.as('resource_type'),
        sql<string | null>`${slot('id')}::uuid`.as('resource_id'),
        accountId.as('account_id'),
        sql<string | null>`null::uuid`.as('organization_id'),
        sql<string[] | null>`null::uuid[]`.as('account_ids'),
      ] as const;
      const state = (is: boolean): string =>
        JSON.stringify({ active: is, reason: is ? null : ('suspended' satisfies Reason) });
      return settled
        .with('told', (qb) =>
          qb
            .insertInto('rollcall_data.changes')
            .columns([
              ...(['tenant_id', 'at', 'actor', 'token_id', 'request_id', 'kind', 'version'] as const),
              ...(['resource_type', 'resource_id', 'account_id', 'organization_id'] as const),
              ...(['account_ids', 'paths', 'before', 'after'] as const),
            ])
            .expression((eb) => {
              const changed = eb
                .selectFrom('resource')
                .where(sql<boolean>`${slot('paths')}::text[] is not null`)
                .select([
                  sql<number>`1`.as('step'),
                  sql<string>`'account.updated'`.as('kind'),
                  sql<number | null>`${slot('version')}::integer`.as('version'),
                  ...resource,
                  sql<string[]>`${slot('paths')}::text[]`.as('paths'),
                  sql<string | null>`${slot('before')}::jsonb`.as('before'),
                  sql<string | null>`${slot('after')}::jsonb`.as('after'),
                ]);
              const turned = eb
                .selectFrom('resource')
                .select([
                  sql<number>`2`.as('step'),
                  sql<string>`${active ? 'account.reactivated' : 'account.suspended'}::text`.as('kind'),
                  sql<number | null>`null::integer`.as('version'),
                  ...resource,
                  sql<string[]>`array['active']::text[]`.as('paths'),
                  sql<string | null>`${state(!active)}::jsonb`.as('before'),
                  sql<string | null>`${state(active)}::jsonb`.as('after'),
                ]);
              const memberships = eb
                .selectFrom('came as c')
                .select([
                  sql<number>`3`.as('step'),
                  sql<string>`${active ? 'members.added' : 'members.removed'}::text`.as('kind'),
                  sql<number | null>`null::integer`.as('version'),
                  sql<string | null>`null::text`.as('resource_type'),
                  sql<string | null>`null::uuid`.as('resource_id'),
                  sql<string | null>`null::uuid`.as('account_id'),
                  sql<string | null>`${ref('c.organization_id')}`.as('organization_id'),
                  sql<string[] | null>`array[${slot('account_id')}::uuid]`.as('account_ids'),
                  sql<string[]>`'{}'::text[]`.as('paths'),
                  'c.before',
                  'c.after',
                ]);
              return (
                eb
                  .selectFrom(changed.unionAll(turned).unionAll(memberships).as('t'))
                  // The identity column is filled in this order.
                  .orderBy('t.step')
                  .select((own) => [
                    sql<string>`${tenantId}::uuid`.as('tenant_id'),
                    sql<Date>`${slot('at')}::timestamptz`.as('at'),
                    sql<Actor>`${slot('actor')}::text`.as('actor'),
                    sql<string | null>`${slot('token_id')}::uuid`.as('token_id'),
                    sql<string>`${slot('request_id')}::text`.as('request_id'),
                    own.ref('t.kind').as('kind'),
                    own.ref('t.version').as('version'),
                    own.ref('t.resource_type').as('resource_type'),
                    own.ref('t.resource_id').as('resource_id'),
                    own.ref('t.account_id').as('account_id'),
                    own.ref('t.organization_id').as('organization_id'),
                    own.ref('t.account_ids').as('account_ids'),
                    own.ref('t.paths').as('paths'),
                    own.ref('t.before').as('before'),
                    own.ref('t.after').as('after'),
                  ])
              );
            })
            .returning('seq'),
        )
        .selectFrom('resource')
        .select('id');
    }),
);

const image = (role: string, groups: string) =>
  sql<string | null>`jsonb_build_object('role', ${ref(role)}, 'groups', to_jsonb(${ref(groups)}))`;

/** The account, where it is what the resource was until now. */
function asTheyWere(db: Kysely<Database>, tenantId: string, accountId: string, id: string, active: boolean) {
  const account = db
    .selectFrom('rollcall_data.accounts as own')
    .where('own.tenant_id', '=', tenantId)
    .where('own.id', '=', accountId)
    .where('own.resource_id', '=', id)
    .where('own.active', '=', active)
    .where('own.frozen', 'is', null)
    .select(sql<number>`1`.as('one'));
  return active ? account.where('own.reason', 'is', null) : account.where('own.reason', '=', 'suspended');
}

/** What is held of the account, or was rejected. */
function waiting(db: Kysely<Database>, tenantId: string, accountId: string) {
  return db
    .selectFrom('rollcall_data.held_effects as h')
    .where('h.tenant_id', '=', tenantId)
    .where('h.account_id', '=', accountId)
    .select(sql<number>`1`.as('one'));
}

function openHold(db: Kysely<Database>, tenantId: string) {
  return db
    .selectFrom('rollcall_data.holds as open')
    .where('open.tenant_id', '=', tenantId)
    .where('open.closed_at', 'is', null)
    .select(sql<number>`1`.as('one'));
}

/** Whoever is inactive belongs to no organization. */
function leaves(db: Chain, tenantId: string, accountId: string): Chain {
  return db
    .with('left', (qb) =>
      qb
        .deleteFrom('rollcall_data.organization_members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.account_id', '=', accountId)
        .where((eb) => eb.exists(eb.selectFrom('resource').select('resource.id')))
        .returning(['m.organization_id', 'm.role', 'm.group_ids']),
    )
    .with('came', (qb) =>
      qb
        .selectFrom('left as l')
        .select([
          'l.organization_id',
          image('l.role', 'l.group_ids').as('before'),
          sql<string | null>`null::jsonb`.as('after'),
        ]),
    );
}

/** What their groups, and the default organization, give them. */
function comesBack(
  db: Chain,
  tenantId: string,
  id: string,
  accountId: string,
  ownRole: string | null,
  terms: Terms,
): Chain {
  const judged = db.with('judged', (qb) =>
    qb
      .selectFrom('resource')
      .select([
        sql<string>`${accountId}::uuid`.as('account_id'),
        sql<string>`${id}::uuid`.as('resource_id'),
        sql<string | null>`${ownRole}::text`.as('own_role'),
        sql<Reason | null>`null::text`.as('reason'),
        sql<boolean>`false`.as('still'),
      ]),
  ) as unknown as Difference;
  return due(judged, tenantId, undefined, terms)
    .with('kept', (qb) =>
      qb
        .insertInto('rollcall_data.organization_members')
        .columns(['tenant_id', 'organization_id', 'account_id', 'role', 'group_ids'])
        .expression((eb) =>
          eb
            .selectFrom('due as d')
            .select((own) => [
              sql<string>`${tenantId}::uuid`.as('tenant_id'),
              own.ref('d.organization_id').as('organization_id'),
              own.ref('d.account_id').as('account_id'),
              own.ref('d.role').as('role'),
              own.ref('d.group_ids').as('group_ids'),
            ]),
        )
        .returning(['organization_id', 'role', 'group_ids']),
    )
    .with('came', (qb) =>
      qb
        .selectFrom('kept as k')
        .select([
          'k.organization_id',
          sql<string | null>`null::jsonb`.as('before'),
          image('k.role', 'k.group_ids').as('after'),
        ]),
    );
}

/**
 * Writes the person, as active or not as their document says.
 * @returns false, and does nothing, when they are not any more what they were when they were read, or something waits
 */
export async function writePerson(scope: TenantScope, person: Person, terms: Terms): Promise<boolean> {
  const { roles, defaultRole, userRoles } = terms;
  const [written] = await run(scope, writing({ active: person.active, userRoles }), {
    ...person,
    roles,
    defaultRole,
  });
  return written !== undefined;
}
