import type { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';

/** The newest exchanges of a tenant, newest first. */
export async function readExchanges(
  { forTenant }: Connection,
  tenantId: string,
  limit: number,
): Promise<readonly Omit<Exchange, 'tenantId'>[]> {
  const rows = await forTenant(tenantId)
    .selectFrom('rollcall_data.exchanges')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('at', 'desc')
    .orderBy('request_id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    at: row.at,
    requestId: row.request_id,
    tokenId: row.token_id ?? undefined,
    client: row.client ?? undefined,
    method: row.method,
    path: row.path,
    operation: row.operation ?? undefined,
    status: row.status,
    durationMs: row.duration_ms,
    scimType: row.scim_type ?? undefined,
    detail: row.detail ?? undefined,
    tolerances: row.tolerances,
    request: row.request ?? undefined,
  }));
}
