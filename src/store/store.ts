/** The database as the rest of the program sees it. */
import { LRUCache } from 'lru-cache';
import type { Registry } from '../scim/schema/registry.ts';
import type { Connection } from './connection.ts';
import { type Directory, directoryOver } from './directory.ts';
import { findExpired } from './findExpired.ts';
import { createPasswordHasher, type PasswordHasher } from './passwordHash.ts';
import { type RecomputationStore, recomputationStore } from './recomputations.ts';
import { createRegistries, type Registries } from './registries.ts';
import { type TenantDefinitionStore, tenantDefinitionStore } from './tenantDefinitions.ts';
import { type TenantStore, tenantStore } from './tenants.ts';
import { type TokenStore, tokenStore } from './tokens.ts';
import { createWalks } from './walks.ts';

export interface Store {
  readonly tenants: TenantStore;
  readonly tokens: TokenStore;
  readonly passwords: PasswordHasher;
  readonly definitions: TenantDefinitionStore;
  readonly registryOf: Registries;
  readonly recomputations: RecomputationStore;
  readonly expiring: (now: Date) => ReturnType<typeof findExpired>;
  /** What the identity provider of a tenant asserted. Cheap enough to be asked for by every request. */
  directoryOf(tenantId: string, registry: Registry): Directory;
}

/** Directories in memory; each is a few functions. */
const MAX_DIRECTORIES = 1_000;

/** @param shipped what every tenant has */
export function createStore(connection: Connection, shipped: Registry): Store {
  const tokens = tokenStore(connection);
  const walks = createWalks();
  const directories = new LRUCache<string, { readonly registry: Registry; readonly directory: Directory }>({
    max: MAX_DIRECTORIES,
  });
  const definitions = tenantDefinitionStore(connection, (tenantId) => tokens.forget(tenantId));
  return {
    tokens,
    definitions,
    registryOf: createRegistries(shipped, definitions),
    recomputations: recomputationStore(connection),
    expiring: (now) => findExpired(connection, now),
    passwords: createPasswordHasher(),
    tenants: tenantStore(connection, tokens),
    directoryOf(tenantId, registry) {
      const known = directories.get(tenantId);
      if (known?.registry === registry) return known.directory;
      const directory = directoryOver(connection, tenantId, registry.byName, walks);
      directories.set(tenantId, { registry, directory });
      return directory;
    },
  };
}
