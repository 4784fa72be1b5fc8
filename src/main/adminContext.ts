/** What operations work with that no identity provider asks for. */
import type { TenantContext } from '../operations/context.ts';
import type { Store } from '../store/store.ts';

interface Deps {
  readonly tenants: Store['tenants'];
  readonly store: Pick<Store, 'registryOf' | 'directoryOf'>;
  readonly now: () => Date;
  readonly newId: () => string;
}

export interface AdminContexts {
  /** @returns undefined when there is no such tenant */
  contextOf(
    tenantId: string,
    actor: 'admin' | 'system',
    requestId: string,
  ): Promise<TenantContext | undefined>;
}

/** Contexts with the settings that each tenant has now, and not some seconds ago. */
export function adminContext({ tenants, store, now, newId }: Deps): AdminContexts {
  return {
    async contextOf(tenantId, actor, requestId) {
      const found = await tenants.find(tenantId);
      if (!found) return undefined;
      const { tenant, schemasVersion } = found;
      const registry = await store.registryOf({ tenantId, schemasVersion });
      return {
        directory: store.directoryOf(tenantId, registry),
        types: registry.byName,
        provisioning: tenant.provisioning,
        paused: tenant.paused,
        actor,
        tokenId: null,
        requestId,
        now,
        newId,
      };
    },
  };
}
