/** Holds and what waits under them, as an admin sees them. */
import { sql } from 'kysely';
import type { TenantScope } from './tenantScope.ts';
import { NO_ORGANIZATION } from './settle/concerned.ts';

/** A hold on the wire. */
export interface HoldShown {
  readonly id: string;
  readonly reason: 'brake' | 'pause';
  readonly openedAt: Date;
  readonly expiresAt: Date | null;
  readonly onExpiry: 'apply' | 'drop' | null;
  readonly closedAt: Date | null;
  readonly outcome: string | null;
  /** How many effects wait, and how many were rejected and still differ from what the directory says. */
  readonly waiting: number;
  readonly rejected: number;
  /** Accounts concerned by what waits. */
  readonly accounts: number;
}

/** The newest holds first, open or closed. */
export async function readHolds(
  { db, tenantId }: TenantScope,
  { limit, after, open, id }: { limit: number; after?: string; open?: boolean; id?: string },
): Promise<readonly HoldShown[]> {
  let holds = db
    .selectFrom('rollcall_data.holds as h')
    .where('h.tenant_id', '=', tenantId)
    .orderBy('h.id', 'desc')
    .limit(limit)
    .selectAll('h');
  if (id !== undefined) holds = holds.where('h.id', '=', id);
  if (after !== undefined) holds = holds.where('h.id', '<', after);
  if (open !== undefined) holds = holds.where('h.closed_at', open ? 'is' : 'is not', null);
  const rows = await db
    .selectFrom(holds.as('h'))
    .leftJoin(
      db
        .selectFrom('rollcall_data.held_effects as e')
        .where('e.tenant_id', '=', tenantId)
        .groupBy('e.hold_id')
        .select([
          'e.hold_id',
          sql<string>`count(*) filter (where not ${sql.ref('e.rejected')})`.as('waiting'),
          sql<string>`count(*) filter (where ${sql.ref('e.rejected')})`.as('rejected'),
          sql<string>`count(distinct ${sql.ref('e.account_id')}) filter (where not ${sql.ref('e.rejected')})`.as(
            'accounts',
          ),
        ])
        .as('n'),
      (on) => on.onRef('n.hold_id', '=', 'h.id'),
    )
    .selectAll('h')
    .select(['n.waiting', 'n.rejected', 'n.accounts'])
    .orderBy('h.id', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    reason: row.reason,
    openedAt: row.opened_at,
    expiresAt: row.expires_at,
    onExpiry: row.on_expiry,
    closedAt: row.closed_at,
    outcome: row.outcome,
    waiting: Number(row.waiting ?? 0),
    rejected: Number(row.rejected ?? 0),
    accounts: Number(row.accounts ?? 0),
  }));
}

/** What an effect would do, in the order of accounts. */
export async function readHeldEffects(
  { db, tenantId }: TenantScope,
  holdId: string,
  { limit, after }: { limit: number; after?: { accountId: string; organizationId: string } },
) {
  let effects = db
    .selectFrom('rollcall_data.held_effects as e')
    .innerJoin('rollcall_data.accounts as a', (on) =>
      on.on('a.tenant_id', '=', tenantId).onRef('a.id', '=', 'e.account_id'),
    )
    .leftJoin('rollcall_data.organizations as o', (on) =>
      on.on('o.tenant_id', '=', tenantId).onRef('o.id', '=', 'e.organization_id'),
    )
    .where('e.tenant_id', '=', tenantId)
    .where('e.hold_id', '=', holdId)
    .orderBy('e.account_id')
    .orderBy('e.organization_id')
    .limit(limit)
    .select([
      'e.account_id as accountId',
      'a.user_name as userName',
      'e.organization_id as place',
      'o.name as organization',
      'e.effect',
      'e.wanted',
      'e.rejected',
      'e.at',
      'e.token_id as tokenId',
      'e.request_id as requestId',
    ]);
  if (after) {
    effects = effects.where(
      sql<boolean>`(${sql.ref('e.account_id')}, ${sql.ref('e.organization_id')}) >
        (${after.accountId}::uuid, ${after.organizationId}::uuid)`,
    );
  }
  const rows = await effects.execute();
  return rows.map(({ place, ...row }) => ({
    ...row,
    organizationId: place === NO_ORGANIZATION ? null : place,
    next: `${row.accountId}.${place}`,
  }));
}
