/**
 * The tables as Kysely sees them; migrations/ is their definition. jsonb columns are written as JSON text
 * (a JS array bound to jsonb is taken for a PostgreSQL array by the driver) and read as parsed values.
 */
import type { ColumnType, Generated } from 'kysely';
import type { ResourceTypeDefinition } from '../scim/schema/resourceType.ts';
import type { TenantSchema } from '../scim/schema/tenantDefinitions.ts';
import type { DiscoveryView } from '../scim/discovery/variant.ts';
import type { Actor, ChangeKind, Effect, Reason } from '../provisioning/effect.ts';
import type { StoredProvisioning } from '../provisioning/settings.ts';
import type { Mode } from '../scim/mode.ts';

/** A jsonb column: read parsed, written as JSON text. */
type Json<T> = ColumnType<T, string, string>;

/** One customer's directory. */
export interface TenantsTable {
  id: string;
  slug: string;
  name: string;
  mode: Generated<Mode>;
  allow_duplicate_group_names: Generated<boolean>;
  discovery_view: Generated<DiscoveryView>;
  store_passwords: Generated<boolean>;
  active: Generated<boolean>;
  schemas_version: Generated<number>;
  provisioning: ColumnType<StoredProvisioning, string | undefined, string>;
  paused: Generated<boolean>;
  created_at: Date;
}

/** A bearer credential of a tenant; only its digest is kept. */
export interface TokensTable {
  tenant_id: string;
  id: string;
  name: string;
  digest: Buffer;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
}

/** A key that all servers over one database share. */
export interface SecretsTable {
  name: string;
  value: Buffer;
}

/** A SCIM object of any type. */
export interface ResourcesTable {
  tenant_id: string;
  id: string;
  type: string;
  account_id: string | null;
  key: string | null;
  twin: Generated<string>;
  external_id: string | null;
  active: Generated<boolean>;
  attributes: Json<Record<string, unknown>>;
  folded: Json<Record<string, unknown>>;
  version: Generated<number>;
  seq: Generated<string>;
  created_at: Date;
  modified_at: Date;
  deleted_at: Date | null;
  imported: Generated<boolean>;
  own_role: Generated<string | null>;
  linked_by_hand: Generated<boolean>;
}

/** A resource that belongs to a group. */
export interface MembersTable {
  tenant_id: string;
  group_id: string;
  member_id: string;
  created_at: Date;
  nested: Generated<boolean>;
}

/** The hash of a resource's password, where the tenant keeps them. */
export interface PasswordsTable {
  tenant_id: string;
  resource_id: string;
  hash: string;
  set_at: Date;
}

/** The application's person. */
export interface AccountsTable {
  tenant_id: string;
  id: string;
  resource_id: string | null;
  active: boolean;
  reason: Reason | null;
  user_name: string | null;
  email: string | null;
  application_id: Generated<string | null>;
  frozen: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
  deprovisioned_at: Generated<Date | null>;
  created_at: Date;
  modified_at: Date;
}

/** What groups map to. */
export interface OrganizationsTable {
  tenant_id: string;
  id: string;
  name: string;
  key: string;
  is_default: Generated<boolean>;
  application_id: Generated<string | null>;
  archived_at: Date | null;
  created_at: Date;
  modified_at: Date;
}

/** What a group means. */
export interface GroupLinksTable {
  tenant_id: string;
  group_id: string;
  organization_id: string;
  role: string | null;
  created_at: Date;
}

/** A membership as it counts now. */
export interface OrganizationMembersTable {
  tenant_id: string;
  organization_id: string;
  account_id: string;
  role: string | null;
  group_ids: Generated<string[]>;
}

/** Effects that wait for one decision. */
export interface HoldsTable {
  tenant_id: string;
  id: string;
  reason: 'brake' | 'pause';
  opened_at: Date;
  expires_at: Date | null;
  on_expiry: 'apply' | 'drop' | null;
  closed_at: Generated<Date | null>;
  outcome: Generated<HoldOutcome | null>;
}

export type HoldOutcome =
  | 'approved'
  | 'rejected'
  | 'applied on expiry'
  | 'dropped on expiry'
  | 'resumed'
  | 'superseded';

/** An effect that waits. */
export interface HeldEffectsTable {
  tenant_id: string;
  account_id: string;
  organization_id: Generated<string>;
  hold_id: string;
  effect: Effect;
  rejected: Generated<boolean>;
  wanted: Json<unknown>;
  at: Date;
  token_id: string | null;
  request_id: string;
}

/** What the brake has counted. */
export interface RemovalsTable {
  tenant_id: string;
  minute: Date;
  count: number;
  active_accounts: number;
}

/** New settings that are being carried out. */
export interface RecomputationsTable {
  tenant_id: string;
  id: string;
  requested_at: Date;
  not_before: Date;
  stage: Generated<'groups' | 'users'>;
  after_id: Generated<string | null>;
}

/** An account that a line of a file would match. */
export interface PreflightMatchesTable {
  tenant_id: string;
  preflight_id: string;
  account_id: string;
  line: string;
  at: Date;
}

/** The feed. */
export interface ChangesTable {
  tenant_id: string;
  seq: Generated<string>;
  xid: Generated<string>;
  position: ColumnType<string, never, never>;
  at: Date;
  kind: ChangeKind;
  actor: Generated<Actor>;
  resource_type: string | null;
  resource_id: string | null;
  account_id: string | null;
  organization_id: Generated<string | null>;
  account_ids: Generated<string[] | null>;
  hold_id: Generated<string | null>;
  version: number | null;
  paths: Generated<string[]>;
  before: ColumnType<unknown, string | null | undefined, string | null>;
  after: ColumnType<unknown, string | null | undefined, string | null>;
  token_id: string | null;
  request_id: string;
}

/** One HTTP request and its answer, in the provisioning log. */
export interface ExchangesTable {
  tenant_id: string;
  at: Date;
  request_id: string;
  token_id: string | null;
  client: string | null;
  method: string;
  path: string;
  operation: string | null;
  status: number;
  duration_ms: number;
  scim_type: string | null;
  detail: string | null;
  tolerances: string[];
  request: Json<unknown> | null;
}

/** A schema that a tenant has added. */
export interface TenantSchemasTable {
  tenant_id: string;
  id: string;
  definition: Json<TenantSchema>;
  created_at: Date;
  modified_at: Date;
}

/** A resource type that a tenant has added, or a shipped one that it has switched on. */
export interface TenantResourceTypesTable {
  tenant_id: string;
  name: string;
  definition: ColumnType<ResourceTypeDefinition | null, string | null, string | null>;
  created_at: Date;
  modified_at: Date;
}

/** An attribute that clients sent and no schema declared. */
export interface UndeclaredTable {
  tenant_id: string;
  resource_type: string;
  name: string;
  type: string;
  client: string;
  count: string;
  first_seen: Date;
  last_seen: Date;
  seq: Generated<string>;
}

/** Every table, by its qualified name. */
export interface Database {
  'rollcall_data.tenants': TenantsTable;
  'rollcall_data.tokens': TokensTable;
  'rollcall_data.secrets': SecretsTable;
  'rollcall_data.resources': ResourcesTable;
  'rollcall_data.members': MembersTable;
  'rollcall_data.passwords': PasswordsTable;
  'rollcall_data.accounts': AccountsTable;
  'rollcall_data.organizations': OrganizationsTable;
  'rollcall_data.organization_members': OrganizationMembersTable;
  'rollcall_data.group_links': GroupLinksTable;
  'rollcall_data.holds': HoldsTable;
  'rollcall_data.held_effects': HeldEffectsTable;
  'rollcall_data.removals': RemovalsTable;
  'rollcall_data.recomputations': RecomputationsTable;
  'rollcall_data.preflight_matches': PreflightMatchesTable;
  'rollcall_data.changes': ChangesTable;
  'rollcall_data.exchanges': ExchangesTable;
  'rollcall_data.tenant_schemas': TenantSchemasTable;
  'rollcall_data.tenant_resource_types': TenantResourceTypesTable;
  'rollcall_data.undeclared': UndeclaredTable;
}
