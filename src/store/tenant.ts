import type { Selectable } from 'kysely';
import type { DiscoveryView } from '../scim/discovery/variant.ts';
import type { Mode } from '../scim/mode.ts';
import { provisioningOf, type ProvisioningSettings } from '../provisioning/settings.ts';
import type { TenantsTable } from './tables.ts';

/** One customer's directory. */
export interface Tenant {
  readonly id: string;
  /** How people and addresses name it; unique. */
  readonly slug: string;
  readonly name: string;
  /** Whether clients' known deviations are accepted, and by which document requests are judged. */
  readonly mode: Mode;
  readonly allowDuplicateGroupNames: boolean;
  /** For whom /Schemas is written. */
  readonly discoveryView: DiscoveryView;
  /** Whether hashes of passwords are kept; else a password is accepted and dropped. */
  readonly storePasswords: boolean;
  /** False while it is suspended: its credentials are then refused. */
  readonly active: boolean;
  /** How its directory becomes accounts, organizations and roles. */
  readonly provisioning: ProvisioningSettings;
  /** True while no effect of the directory reaches accounts and organizations. */
  readonly paused: boolean;
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
    discoveryView: row.discovery_view,
    storePasswords: row.store_passwords,
    active: row.active,
    provisioning: provisioningOf(row.provisioning),
    paused: row.paused,
    createdAt: row.created_at,
  });
}
