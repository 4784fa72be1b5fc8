/** Ends holds that nobody has decided about in time. */
import { ScimError } from '../scim/errors.ts';
import type { TenantContext } from './context.ts';
import { approve, reject } from './decideHold.ts';

export interface ExpiryContext {
  readonly expiring: (
    now: Date,
  ) => Promise<
    readonly { readonly tenantId: string; readonly id: string; readonly onExpiry: 'apply' | 'drop' | null }[]
  >;
  readonly contextOf: (tenantId: string) => Promise<TenantContext | undefined>;
}

/** @param signal ends it between two holds */
export async function expireHolds(
  { expiring, contextOf }: ExpiryContext,
  now: Date,
  signal?: AbortSignal,
): Promise<void> {
  for (const { tenantId, id, onExpiry } of await expiring(now)) {
    if (signal?.aborted === true) return;
    const context = await contextOf(tenantId);
    if (!context) continue;
    const done =
      onExpiry === 'apply'
        ? approve(context, id, 'all', 'applied on expiry')
        : reject(context, id, 'all', 'dropped on expiry');
    await done.catch((error: unknown) => {
      // Another server, or an admin, was faster.
      if (!(error instanceof ScimError && error.status === 404)) throw error;
    });
  }
}
