import { DEFAULT_LIFETIME, expiryOf } from '../http/admin/lifetime.ts';
import { ScimError } from '../scim/errors.ts';
import type { Store } from '../store/store.ts';

/** What a first start has made; nobody has seen the token yet. */
export interface FirstTenant {
  readonly slug: string;
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * Makes the tenant `default` and a token, if there is no tenant yet.
 *
 * @returns undefined when there was one, or when another server that starts at the same time made it
 */
export async function firstTenant(
  { tenants, tokens }: Pick<Store, 'tenants' | 'tokens'>,
  newId: () => string,
  now: () => Date,
): Promise<FirstTenant | undefined> {
  if ((await tenants.list()).length > 0) return undefined;
  const slug = 'default';
  const id = newId();
  try {
    await tenants.create({ id, organizationId: newId(), slug, name: 'Default', now: now() });
  } catch (error) {
    if (error instanceof ScimError && error.status === 409) return undefined;
    throw error;
  }
  const expiresAt = expiryOf(DEFAULT_LIFETIME, now());
  const { token } = await tokens.create({ tenantId: id, id: newId(), name: 'first', expiresAt, now: now() });
  return { slug, token, expiresAt };
}
