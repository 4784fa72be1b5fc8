import { type Kysely, sql } from 'kysely';
import type { Exchange } from './exchange.ts';
import type { Database, ExchangesTable } from './tables.ts';

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

/**
 * Inserts rows of one tenant in one statement, whose text is the same for any number of them, so that it is
 * prepared once. Rows that are there already, from an attempt whose answer was lost, are left alone.
 *
 * @param db guarded for that tenant
 * @param rows from `exchangeRow`
 */
export async function insertExchanges(
  db: Kysely<Database>,
  tenantId: string,
  rows: readonly string[],
): Promise<void> {
  const records = sql`jsonb_to_recordset(${`[${rows.join()}]`}::jsonb)`.as<'e'>(
    sql`e(at timestamptz, request_id text, token_id uuid, client text, method text, path text, operation text,
      status integer, duration_ms real, scim_type text, detail text, tolerances text[], request jsonb)`,
  );
  await db
    .insertInto('rollcall_data.exchanges')
    .columns(['tenant_id', ...COLUMNS])
    .expression((eb) =>
      eb
        .selectFrom(records)
        .select((row) => [
          row.cast<string>(row.val(tenantId), 'uuid').as('tenant_id'),
          ...COLUMNS.map((column) => sql.ref<never>(`e.${column}`).as(column)),
        ]),
    )
    .onConflict((oc) => oc.doNothing())
    .execute();
}
