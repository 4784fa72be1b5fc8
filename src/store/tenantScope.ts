import type { Kysely } from 'kysely';
import type { Send } from './send.ts';
import type { Statement } from './statement.ts';
import type { Database } from './tables.ts';

/** One tenant's data: a query builder that refuses to leave the tenant. */
export interface TenantScope {
  readonly db: Kysely<Database>;
  readonly tenantId: string;
  /** Sends statements with slots past the query builder; where it is missing, they go through it. */
  readonly send?: Send | undefined;
}

/** Carries out a statement for the scope's tenant. */
export async function run<Given extends object, Row>(
  { db, tenantId, send }: TenantScope,
  statement: Statement<Given, Row>,
  given: Given,
): Promise<readonly Row[]> {
  if (!send) return (await db.executeQuery(statement.queryFor(tenantId, given))).rows;
  return (await send({
    text: statement.text,
    values: statement.valuesFor(tenantId, given),
    keyed: statement.keyed,
    planned: statement.plannedFor(given),
  })) as readonly Row[];
}
