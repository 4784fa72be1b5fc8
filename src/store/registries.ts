/** What each tenant has declared, ready for use. */
import { LRUCache } from 'lru-cache';
import { buildRegistry, type Registry } from '../scim/schema/registry.ts';
import { definitionsOf } from '../scim/schema/tenantDefinitions.ts';
import type { TenantDefinitionStore } from './tenantDefinitions.ts';

/** A tenant, and how often its definitions, or its choice among them, have changed. */
interface Version {
  readonly tenantId: string;
  /** 0 where they never have. */
  readonly schemasVersion: number;
}

/** Returns the registry of a tenant: the same one until its definitions change, since validators hang on it. */
export type Registries = (version: Version) => Registry | Promise<Registry>;

/** Registries in memory; each, with its validators, is some hundred kilobytes. */
const MAX_REGISTRIES = 500;

/**
 * A request knows the version from the look-up of its credential, so the definitions are read only when they have
 * changed, and are as fresh as what is remembered of a credential: at most three seconds old, and at once new on the
 * server where the change was made.
 * @param shipped what every tenant has
 */
export function createRegistries(shipped: Registry, definitions: TenantDefinitionStore): Registries {
  const known = new LRUCache<string, { readonly version: number; readonly registry: Promise<Registry> }>({
    max: MAX_REGISTRIES,
  });
  const byContent = new LRUCache<string, Registry>({ max: MAX_REGISTRIES });
  const build = async (tenantId: string): Promise<Registry> => {
    const own = await definitions.read(tenantId);
    const { attributes, requiredAttributes } = await definitions.readChoice(tenantId);
    // Many tenants choose alike, and most have declared nothing.
    const content = JSON.stringify([own, attributes, requiredAttributes]);
    const same = byContent.get(content);
    if (same) return same;
    const registry = buildRegistry(definitionsOf(shipped.definitions, own), {
      attributes,
      requiredAttributes,
    });
    byContent.set(content, registry);
    return registry;
  };
  return ({ tenantId, schemasVersion }) => {
    if (schemasVersion === 0) return shipped;
    const found = known.get(tenantId);
    // A request that began before a change is served by what is newer.
    if (found && found.version >= schemasVersion) return found.registry;
    const registry = build(tenantId);
    const entry = { version: schemasVersion, registry };
    known.set(tenantId, entry);
    // What could not be read is asked for again.
    registry.catch(() => known.get(tenantId) === entry && known.delete(tenantId));
    return registry;
  };
}
