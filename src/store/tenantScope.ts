import type { Kysely } from 'kysely';
import type { Database } from './tables.ts';

/** One tenant's data: a query builder that refuses to leave the tenant. */
export interface TenantScope {
  readonly db: Kysely<Database>;
  readonly tenantId: string;
}
