/** The database as the rest of the program sees it. */
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Connection } from './connection.ts';
import { type Directory, directoryOver } from './directory.ts';
import { type TenantStore, tenantStore } from './tenants.ts';
import { type TokenStore, tokenStore } from './tokens.ts';

export interface Store {
  readonly tenants: TenantStore;
  readonly tokens: TokenStore;
  /** What the identity provider of a tenant asserted. Cheap enough to be asked for by every request. */
  directoryOf(tenantId: string): Directory;
}

/** @param byName every resource type there is */
export function createStore(connection: Connection, byName: ReadonlyMap<string, ResourceType>): Store {
  const tokens = tokenStore(connection);
  return {
    tokens,
    tenants: tenantStore(connection, tokens),
    directoryOf: (tenantId) => directoryOver({ db: connection.forTenant(tenantId), tenantId, byName }),
  };
}
