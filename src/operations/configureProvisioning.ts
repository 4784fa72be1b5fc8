/** PATCH of a tenant's provisioning settings. */
import { checkAttributes } from '../provisioning/checkAttributes.ts';
import { checkSettings } from '../provisioning/checkSettings.ts';
import { differs, type GivenProvisioning, settingsAfter, storedOf } from '../provisioning/givenSettings.ts';
import type { ProvisioningSettings } from '../provisioning/settings.ts';
import { notFound } from '../scim/errors.ts';
import { hasChoice } from '../scim/schema/chosen.ts';
import { buildRegistry, type Definitions } from '../scim/schema/registry.ts';
import { definitionsOf } from '../scim/schema/tenantDefinitions.ts';
import type { TenantDefinitionStore } from '../store/tenantDefinitions.ts';
import type { TenantStore } from '../store/tenants.ts';

/** What a change of settings works with. */
export interface ConfigurationContext {
  readonly tenants: Pick<TenantStore, 'update'>;
  /** What every tenant has, and may switch on. */
  readonly shipped: Definitions;
  readonly definitions: Pick<TenantDefinitionStore, 'read'>;
  /** Has accounts and organizations follow the settings as they are now; what takes long goes on afterwards. */
  readonly recompute: (tenantId: string) => Promise<void>;
  readonly now: () => Date;
}

/** Settings that say what is due to accounts that are there. */
const MEANINGFUL = ['attributes', 'admission', 'organizations', 'roles', 'defaultRole', 'userRoles'] as const;

/**
 * Changes what is given of the settings.
 * @returns the settings as they are now
 * @throws ScimError invalidValue that names what is wrong; nothing is changed then
 */
export async function configureProvisioning(
  { tenants, shipped, definitions, recompute, now }: ConfigurationContext,
  id: string,
  given: GivenProvisioning,
): Promise<ProvisioningSettings> {
  const { resourceTypes } = buildRegistry(definitionsOf(shipped, await definitions.read(id)));
  const users = resourceTypes.find(hasChoice);
  let isMeaningful = false;
  const tenant = await tenants.update(id, {
    provisioning(before) {
      const after = settingsAfter(before, given);
      checkSettings(after);
      if (users) checkAttributes(users, given, after);
      isMeaningful = MEANINGFUL.some((name) => differs(before, after, name));
      return { stored: storedOf(after), recompute: isMeaningful ? now() : undefined };
    },
  });
  if (!tenant) throw notFound('There is no tenant of this name.');
  if (isMeaningful) await recompute(id);
  return tenant.provisioning;
}
