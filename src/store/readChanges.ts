/** The feed as the admin API shows it: what the view rollcall.changes has. */
import type { ChangeKind } from '../provisioning/effect.ts';
import { sql } from 'kysely';
import type { Actor } from '../provisioning/effect.ts';
import type { TenantScope } from './tenantScope.ts';

export interface Change {
  readonly position: string;
  readonly at: Date;
  readonly kind: string;
  readonly actor: Actor;
  readonly accountId: string | null;
  readonly organizationId: string | null;
  readonly accountIds: readonly string[] | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly paths: readonly string[];
  readonly resourceType: string | null;
  readonly resourceId: string | null;
  readonly version: number | null;
  readonly holdId: string | null;
  readonly tokenId: string | null;
  readonly requestId: string;
}

export interface ChangeQuery {
  /** The position beyond which to read. */
  readonly after: string;
  readonly limit: number;
  readonly kind?: string | undefined;
  /** The id of an account: what happened to it or to its memberships. */
  readonly account?: string | undefined;
  readonly organization?: string | undefined;
}

export interface ChangePage {
  readonly changes: readonly Change[];
  /** How far the feed was read: where to go on. What was given when nothing lies beyond it. */
  readonly next: string;
}

/** How many changes one answer looks through at most, so that a condition that few meet costs no more than others. */
const MOST_READ = 20_000;

/** Changes in commit order. Whoever goes on at `next` misses none, also of those that are committed late. */
export async function readChanges(
  { db, tenantId }: TenantScope,
  { after, limit, kind, account, organization }: ChangeQuery,
): Promise<ChangePage> {
  // Known before the changes are read: what lies below it is committed, and stays so. Asked of the database that holds
  // the tenant's rows, by which the changes were numbered, where there is more than one: docs/decisions/0010.
  const { end } = await db
    .selectFrom('rollcall_data.organizations as o')
    .where('o.tenant_id', '=', tenantId)
    .where('o.is_default', '=', true)
    .select((eb) => eb.fn<string>('rollcall_data.feed_end', []).as('end'))
    .executeTakeFirstOrThrow();
  const beyond = db
    .selectFrom('rollcall_data.changes as c')
    .where('c.tenant_id', '=', tenantId)
    .where('c.position', '>', after)
    .where('c.position', '<', end)
    .orderBy('c.position');
  const filtered = kind !== undefined || account !== undefined || organization !== undefined;
  let rows = db
    .selectFrom(
      beyond
        .limit(filtered ? MOST_READ : limit)
        .selectAll()
        .as('s'),
    )
    .orderBy('s.position')
    .limit(limit)
    .select([
      's.position',
      's.at',
      's.kind',
      's.actor',
      's.account_id as accountId',
      's.organization_id as organizationId',
      's.account_ids as accountIds',
      's.before',
      's.after',
      's.paths',
      's.resource_type as resourceType',
      's.resource_id as resourceId',
      's.version',
      's.hold_id as holdId',
      's.token_id as tokenId',
      's.request_id as requestId',
    ]);
  if (kind !== undefined) rows = rows.where('s.kind', '=', kind as ChangeKind);
  if (organization !== undefined) rows = rows.where('s.organization_id', '=', organization);
  if (account !== undefined) {
    rows = rows.where((eb) =>
      eb.or([
        eb('s.account_id', '=', account),
        eb(sql<string>`${account}::uuid`, '=', sql<string>`any(${sql.ref('s.account_ids')})`),
      ]),
    );
  }
  const changes = await rows.execute();
  const last = changes.at(-1)?.position ?? after;
  if (!filtered || changes.length === limit) return { changes, next: last };
  const read = await db
    .selectFrom(beyond.limit(MOST_READ).select('c.position').as('s'))
    .select((eb) => eb.fn.max<string | null>('s.position').as('position'))
    .executeTakeFirst();
  return { changes, next: read?.position ?? last };
}
