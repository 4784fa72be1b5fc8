import type { Selectable } from 'kysely';
import type { TenantsTable } from './tables.ts';

/** One customer's directory. */
export interface Tenant {
  readonly id: string;
  /** How people and addresses name it; unique. */
  readonly slug: string;
  readonly name: string;
  /** Whether clients' known deviations are accepted. */
  readonly mode: 'tolerant' | 'strict';
  readonly allowDuplicateGroupNames: boolean;
  /** False while it is suspended: its credentials are then refused. */
  readonly active: boolean;
  readonly createdAt: Date;
}

/** @returns the tenant of a row of `tenants` */
export function toTenant(row: Selectable<TenantsTable>): Tenant {
  return Object.freeze({
    id: row.id,
    slug: row.slug,
    name: row.name,
    mode: row.mode,
    allowDuplicateGroupNames: row.allow_duplicate_group_names,
    active: row.active,
    createdAt: row.created_at,
  });
}
