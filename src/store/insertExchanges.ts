import { sql } from 'kysely';
import type { Exchange } from './exchange.ts';
import { statement } from './statement.ts';
import type { ExchangesTable } from './tables.ts';
import { run, type TenantScope } from './tenantScope.ts';

/** A longer body is left out, so that the log does not become the largest table. */
const MAX_BODY = 16_384;

/** What jsonb cannot hold: U+0000, and half of a surrogate pair, which is all that is escaped as \ud…. */
const NOT_JSONB = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][\da-f]{2})/g;

const COLUMNS = [
  'at',
  'request_id',
  'token_id',
  'client',
  'method',
  'path',
  'operation',
  'status',
  'duration_ms',
  'scim_type',
  'detail',
  'tolerances',
  'request',
] as const satisfies readonly (keyof ExchangesTable)[];

/** @returns the exchange as the JSON text of its row; made at once, so that the body need not be kept */
export function exchangeRow(exchange: Exchange): string {
  const body = exchange.request === undefined ? undefined : JSON.stringify(exchange.request);
  const row = {
    at: exchange.at,
    request_id: exchange.requestId,
    token_id: exchange.tokenId,
    client: exchange.client,
    method: exchange.method,
    path: exchange.path,
    operation: exchange.operation,
    status: exchange.status,
    duration_ms: exchange.durationMs,
    scim_type: exchange.scimType,
    detail: exchange.detail,
    tolerances: exchange.tolerances,
    request:
      body !== undefined && body.length > MAX_BODY
        ? { omitted: `${body.length} characters` }
        : exchange.request,
  };
  const text = JSON.stringify(row);
  return text.includes('\\u') ? text.replace(NOT_JSONB, '$1\ufffd') : text;
}

const inserting = statement<{ rows: string }, never>(({ db, tenantId, slot }) =>
  db
    .insertInto('rollcall_data.exchanges')
    .columns(['tenant_id', ...COLUMNS])
    .expression((eb) =>
      eb
        .selectFrom(
          sql`jsonb_to_recordset(${slot('rows')}::jsonb)`.as<'e'>(
            sql`e(at timestamptz, request_id text, token_id uuid, client text, method text, path text,
              operation text, status integer, duration_ms real, scim_type text, detail text, tolerances text[],
              request jsonb)`,
          ),
        )
        .select((row) => [
          row.cast<string>(row.val(tenantId), 'uuid').as('tenant_id'),
          ...COLUMNS.map((column) => sql.ref<never>(`e.${column}`).as(column)),
        ]),
    )
    .onConflict((oc) => oc.doNothing()),
);

/**
 * Inserts rows of the scope's tenant in one statement, whose text is the same for any number of them. Rows that are
 * there already, from an attempt whose answer was lost, are left alone.
 *
 * @param rows from `exchangeRow`
 */
export async function insertExchanges(scope: TenantScope, rows: readonly string[]): Promise<void> {
  await run(scope, inserting, { rows: `[${rows.join()}]` });
}
