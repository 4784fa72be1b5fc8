/** What an import tells the feed. */
import { type Expression, sql } from 'kysely';
import type { Scope } from '../readResources.ts';
import { recordset } from './recordset.ts';

/** When it is done, and by which request. */
export interface ImportCause {
  readonly at: Date;
  readonly requestId: string;
}

/** One change; what is absent is null. */
export interface ImportChange {
  readonly kind: string;
  readonly resource_id?: string;
  readonly account_id?: string | null;
  readonly version?: number;
  readonly paths?: readonly string[];
  readonly organization_id?: string;
  readonly account_ids?: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
}

const COLUMNS =
  'kind text, resource_id uuid, account_id uuid, version integer, paths text[], organization_id uuid, ' +
  'account_ids uuid[], before jsonb, after jsonb';

interface Row {
  kind: string;
  resource_id: string | null;
  account_id: string | null;
  version: number | null;
  paths: string[] | null;
  organization_id: string | null;
  account_ids: string[] | null;
  before: string | null;
  after: string | null;
}

/** Appends changes in their order. @param changes JSON texts of `ImportChange` */
export async function appendChanges(
  { db, tenantId }: Scope,
  changes: readonly string[],
  { at, requestId }: ImportCause,
): Promise<void> {
  if (changes.length === 0) return;
  await db
    .insertInto('rollcall_data.changes')
    .columns([
      ...([
        'tenant_id',
        'at',
        'kind',
        'actor',
        'resource_type',
        'resource_id',
        'account_id',
        'version',
      ] as const),
      ...(['paths', 'organization_id', 'account_ids', 'before', 'after', 'token_id', 'request_id'] as const),
    ])
    .expression(
      (eb) =>
        eb
          .selectFrom(recordset<Row>(changes, COLUMNS))
          .select((x) => [
            x.val(tenantId).as('tenant_id'),
            sql<Date>`${at}::timestamptz`.as('at'),
            'x.kind',
            sql<'admin'>`'admin'`.as('actor'),
            sql<string | null>`case when ${x.ref('x.resource_id')} is not null then 'User' end`.as(
              'resource_type',
            ),
            'x.resource_id',
            'x.account_id',
            'x.version',
            sql<string[]>`coalesce(${x.ref('x.paths')}, '{}')`.as('paths'),
            'x.organization_id',
            'x.account_ids',
            'x.before',
            'x.after',
            sql<string | null>`null::uuid`.as('token_id'),
            sql<string>`${requestId}::text`.as('request_id'),
          ]) as Expression<never>,
    )
    .execute();
}
