/** Effects that wait, and what the brake has counted. */
import { sql } from 'kysely';
import { announce } from './announce.ts';
import { type Origin, originColumns } from './origin.ts';
import type { Scope } from './readResources.ts';
import type { HoldOutcome, HoldsTable } from './tables.ts';

/** Which effects of a hold are meant: all, or those of some accounts. */
export type Chosen = 'all' | { readonly accounts: readonly string[] };

/** What waits no more. */
interface Released {
  readonly resources: readonly string[];
  readonly effects: number;
  readonly organizations: readonly string[];
}

export interface HoldStore {
  /** The open hold for that reason, made when there is none. */
  open(
    given: Pick<HoldsTable, 'id' | 'reason' | 'expires_at' | 'on_expiry'>,
    origin: Origin,
  ): Promise<string>;
  /** An open hold, locked against others who decide about it; undefined when there is none. */
  lock(id: string): Promise<{ id: string; reason: HoldsTable['reason'] } | undefined>;
  openHold(reason: HoldsTable['reason']): Promise<string | undefined>;
  /** The open hold for that reason, locked, unless somebody else is putting something under it. */
  lockIfFree(reason: HoldsTable['reason']): Promise<string | undefined>;
  /** Keeps in mind, for requests that ask no hold, whether effects wait. */
  setPaused(paused: boolean): Promise<void>;
  /**
   * Forgets that effects wait, so that settling applies them.
   * @returns whom they concern, by resource, how many effects they were, and the organizations that the people may
   *   leave; at most `limit` accounts at a time
   */
  release(id: string, chosen: Chosen, limit: number, origin: Origin): Promise<Released>;
  /** Has effects stay as they are until the directory asks for something else. @returns how many */
  reject(id: string, chosen: Chosen, origin: Origin): Promise<number>;
  /** Closes a hold that is locked, if nothing waits under it any more. @returns whether it is closed now */
  closeIfEmpty(id: string, outcome: HoldOutcome, origin: Origin): Promise<boolean>;
  /**
   * What took effect within the window, and how many accounts were active at its beginning; nobody else is told before
   * this transaction ends.
   */
  removals(now: Date, windowMinutes: number): Promise<{ inWindow: number; activeAccounts: number }>;
  countRemovals(now: Date, removals: number, activeAccounts: number): Promise<void>;
}

const TOLD_TOGETHER = 1_000;

export function holdStore({ db, tenantId }: Scope): HoldStore {
  const tell = (
    kind: 'hold.opened' | 'hold.closed' | 'effects.released' | 'effects.rejected',
    holdId: string,
    given: { after?: object; accounts?: readonly string[] },
    origin: Origin,
  ) =>
    db
      .insertInto('rollcall_data.changes')
      .values({
        tenant_id: tenantId,
        ...originColumns(origin),
        kind,
        resource_type: null,
        resource_id: null,
        account_id: null,
        version: null,
        hold_id: holdId,
        account_ids: given.accounts ? [...given.accounts] : null,
        after: given.after ? JSON.stringify(given.after) : null,
      })
      .execute();
  const tellAccounts = async (
    kind: 'effects.released' | 'effects.rejected',
    id: string,
    accounts: readonly string[],
    origin: Origin,
  ): Promise<void> => {
    for (let at = 0; at < accounts.length; at += TOLD_TOGETHER) {
      await tell(kind, id, { accounts: accounts.slice(at, at + TOLD_TOGETHER) }, origin);
    }
  };
  const openHold = async (reason: HoldsTable['reason']): Promise<string | undefined> => {
    const row = await db
      .selectFrom('rollcall_data.holds as h')
      .where('h.tenant_id', '=', tenantId)
      .where('h.reason', '=', reason)
      .where('h.closed_at', 'is', null)
      .select('h.id')
      // Whoever closes it waits until what is put under it now is committed.
      .forShare()
      .executeTakeFirst();
    return row?.id;
  };

  return {
    openHold,

    async open({ id, reason, expires_at, on_expiry }, origin) {
      const there = await openHold(reason);
      if (there) return there;
      const made = await db
        .insertInto('rollcall_data.holds')
        .values({ tenant_id: tenantId, id, reason, opened_at: origin.at, expires_at, on_expiry })
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'reason']).where('closed_at', 'is', null).doNothing(),
        )
        .returning('id')
        .executeTakeFirst();
      if (!made) {
        const other = await openHold(reason);
        if (!other) throw new Error('a hold is there and cannot be found');
        return other;
      }
      await tell('hold.opened', made.id, { after: { reason } }, origin);
      return made.id;
    },

    async lockIfFree(reason) {
      const row = await db
        .selectFrom('rollcall_data.holds as h')
        .where('h.tenant_id', '=', tenantId)
        .where('h.reason', '=', reason)
        .where('h.closed_at', 'is', null)
        .select('h.id')
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      return row?.id;
    },

    async setPaused(paused) {
      await db.updateTable('rollcall_data.tenants').set({ paused }).where('id', '=', tenantId).execute();
      await announce(db, tenantId);
    },

    async lock(id) {
      return db
        .selectFrom('rollcall_data.holds as h')
        .where('h.tenant_id', '=', tenantId)
        .where('h.id', '=', id)
        .where('h.closed_at', 'is', null)
        .select(['h.id', 'h.reason'])
        .forUpdate()
        .executeTakeFirst();
    },

    async release(id, chosen, limit, origin) {
      const of = db
        .selectFrom('rollcall_data.held_effects as h')
        .where('h.tenant_id', '=', tenantId)
        .where('h.hold_id', '=', id)
        .where('h.rejected', '=', false);
      const meant =
        chosen === 'all' ? of : of.where('h.account_id', '=', sql<string>`any(${chosen.accounts}::uuid[])`);
      const some = await meant
        .select('h.account_id')
        .distinct()
        .orderBy('h.account_id')
        .limit(limit)
        .execute();
      // As a list, which is looked up whatever is expected of the table; joined, each could be compared with each.
      const ids = some.map((row) => row.account_id);
      const rows = await db
        .with('released', (qb) =>
          qb
            .deleteFrom('rollcall_data.held_effects as h')
            .where('h.tenant_id', '=', tenantId)
            .where('h.hold_id', '=', id)
            .where('h.rejected', '=', false)
            .where('h.account_id', '=', sql<string>`any(${ids}::uuid[])`)
            .returning('h.account_id'),
        )
        .selectFrom('released as d')
        .innerJoin('rollcall_data.accounts as a', (on) =>
          on.on('a.tenant_id', '=', tenantId).onRef('a.id', '=', 'd.account_id'),
        )
        .select(['a.id', 'a.resource_id'])
        .execute();
      const accounts = [...new Set(rows.map((row) => row.id))];
      await tellAccounts('effects.released', id, accounts, origin);
      const resources = new Set(rows.map((row) => row.resource_id).filter((resource) => resource !== null));
      const memberships = await db
        .selectFrom('rollcall_data.organization_members as m')
        .where('m.tenant_id', '=', tenantId)
        .where('m.account_id', '=', sql<string>`any(${accounts}::uuid[])`)
        .select('m.organization_id')
        .distinct()
        .execute();
      const organizations = memberships.map((row) => row.organization_id);
      return { resources: [...resources], effects: rows.length, organizations };
    },

    async reject(id, chosen, origin) {
      const of = db
        .updateTable('rollcall_data.held_effects as h')
        .set({ rejected: true })
        .where('h.tenant_id', '=', tenantId)
        .where('h.hold_id', '=', id)
        .where('h.rejected', '=', false);
      const meant =
        chosen === 'all' ? of : of.where('h.account_id', '=', sql<string>`any(${chosen.accounts}::uuid[])`);
      const rows = await meant.returning('h.account_id').execute();
      await tellAccounts('effects.rejected', id, [...new Set(rows.map((row) => row.account_id))], origin);
      return rows.length;
    },

    async closeIfEmpty(id, outcome, origin) {
      const closed = await db
        .updateTable('rollcall_data.holds as o')
        .set({ closed_at: origin.at, outcome })
        .where('o.tenant_id', '=', tenantId)
        .where('o.id', '=', id)
        .where('o.closed_at', 'is', null)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('rollcall_data.held_effects as h')
                .where('h.tenant_id', '=', tenantId)
                .where('h.hold_id', '=', id)
                .where('h.rejected', '=', false)
                .select(sql<number>`1`.as('one')),
            ),
          ),
        )
        .returning('o.id')
        .executeTakeFirst();
      if (closed) await tell('hold.closed', id, { after: { outcome } }, origin);
      return closed !== undefined;
    },

    async removals(now, windowMinutes) {
      // The row of the default organization is what two transactions that remove meet at.
      await db
        .selectFrom('rollcall_data.organizations as o')
        .where('o.tenant_id', '=', tenantId)
        .where('o.is_default', '=', true)
        .select('o.id')
        .forNoKeyUpdate()
        .execute();
      const { counted, active } = await db
        .selectFrom('rollcall_data.removals as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.minute', '>', sql<Date>`${now}::timestamptz - make_interval(mins => ${windowMinutes}::int)`)
        .select([
          sql<string>`coalesce(sum(${sql.ref('r.count')}), 0)`.as('counted'),
          // At the beginning of the window: a share of those who are left would grow with every removal.
          sql<
            number | null
          >`(array_agg(${sql.ref('r.active_accounts')} order by ${sql.ref('r.minute')}))[1]`.as('active'),
        ])
        .executeTakeFirstOrThrow();
      if (active !== null) return { inWindow: Number(counted), activeAccounts: active };
      const { count } = await db
        .selectFrom('rollcall_data.accounts as a')
        .where('a.tenant_id', '=', tenantId)
        .where('a.active', '=', true)
        .select(sql<string>`count(*)`.as('count'))
        .executeTakeFirstOrThrow();
      return { inWindow: 0, activeAccounts: Number(count) };
    },

    async countRemovals(now, removals, activeAccounts) {
      await db
        .insertInto('rollcall_data.removals')
        .values({
          tenant_id: tenantId,
          minute: sql`date_trunc('minute', ${now}::timestamptz)`,
          count: removals,
          active_accounts: activeAccounts,
        })
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'minute']).doUpdateSet((eb) => ({
            count: eb('rollcall_data.removals.count', '+', eb.ref('excluded.count')),
          })),
        )
        .execute();
    },
  };
}
