/** The database as the rest of the program sees it. */
import type { Registry } from '../scim/schema/registry.ts';
import type { Connection } from './connection.ts';
import { type Directory, directoryOver } from './directory.ts';
import { type TenantStore, tenantStore } from './tenants.ts';
import { type TokenStore, tokenStore } from './tokens.ts';
import { createWalks } from './walks.ts';

export interface Store {
  readonly tenants: TenantStore;
  readonly tokens: TokenStore;
  /** What the identity provider of a tenant asserted. Cheap enough to be asked for by every request. */
  directoryOf(tenantId: string, registry: Registry): Directory;
}

export function createStore(connection: Connection): Store {
  const tokens = tokenStore(connection);
  const walks = createWalks();
  return {
    tokens,
    tenants: tenantStore(connection, tokens),
    directoryOf: (tenantId, { byName }) =>
      directoryOver({ db: connection.forTenant(tenantId), tenantId, byName }, walks),
  };
}
