/**
 * What the tenant guard knows of the database. A table that is in neither list cannot be queried: whoever
 * adds one in migrations/ decides here which it is.
 */

/** The schema of every table. */
export const SCHEMA = 'rollcall_data';

/** Tables whose rows belong to one tenant. Never queried without its `tenant_id`. */
export const TENANT_TABLES: ReadonlySet<string> = new Set([
  'resources',
  'members',
  'passwords',
  'accounts',
  'organizations',
  'organization_members',
  'group_links',
  'held_effects',
  'removals',
  'preflight_matches',
  'changes',
  'exchanges',
  'tenant_schemas',
  'tenant_resource_types',
  'undeclared',
]);

/** Tables that are read before the tenant is known, or that have none. */
export const CONTROL_TABLES: ReadonlySet<string> = new Set([
  'tenants',
  'tokens',
  'oauth_clients',
  'migrations',
  'secrets',
  // Work that waits, which whoever does it finds for every tenant.
  'holds',
  'recomputations',
]);

/** Functions of ours that may be called: they read no table. */
export const FUNCTIONS: ReadonlySet<string> = new Set(['rollcall_data.feed_end', 'rollcall_data.email_of']);
