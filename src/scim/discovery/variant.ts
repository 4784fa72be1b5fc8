/** What differs from tenant to tenant, and discovery has to say. */
import { type Mode, rulesOf } from '../mode.ts';

/** `full` publishes everything; `entra` leaves out what Microsoft's validator refuses. */
export type DiscoveryView = 'full' | 'entra';

/** Every view; the first is a new tenant's. */
export const DISCOVERY_VIEWS: readonly DiscoveryView[] = ['full', 'entra'];

export interface Variant {
  readonly allowDuplicateGroupNames: boolean;
  readonly view: DiscoveryView;
  /** Whether a password can be set, and changed. */
  readonly storesPasswords: boolean;
  /** Whether the interoperability profile is kept (C7.01). */
  readonly conformsToProfile: boolean;
}

interface Settings {
  readonly mode: Mode;
  readonly allowDuplicateGroupNames: boolean;
  readonly discoveryView: DiscoveryView;
  readonly storePasswords: boolean;
}

/** @param tenant undefined where nobody in particular asks */
export function variantOf(tenant: Settings | undefined): Variant {
  const view = tenant?.discoveryView ?? 'full';
  return {
    allowDuplicateGroupNames: tenant?.allowDuplicateGroupNames ?? false,
    view,
    storesPasswords: tenant?.storePasswords ?? false,
    // C7.02: /Schemas has to match the implementation exactly, which the view for Entra does not.
    conformsToProfile: tenant !== undefined && rulesOf(tenant.mode).conformsToProfile && view === 'full',
  };
}
