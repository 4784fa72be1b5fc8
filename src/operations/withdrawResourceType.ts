/** DELETE of a tenant's resource type. */
import { conflict, notFound } from '../scim/errors.ts';
import type { DeclarationContext } from './declarationContext.ts';

/**
 * Removes a resource type of the tenant, or switches an optional one off.
 * @throws ScimError notFound; conflict while it is in use (B10.06)
 */
export async function withdrawResourceType(
  { definitions, tenantId, now }: Omit<DeclarationContext, 'shipped'>,
  name: string,
): Promise<void> {
  await definitions.change(tenantId, now, async (own, usage) => {
    const resourceTypes = own.resourceTypes.filter((type) => type.name !== name);
    const switchedOn = own.switchedOn.filter((one) => one !== name);
    if (resourceTypes.length + switchedOn.length === own.resourceTypes.length + own.switchedOn.length)
      throw notFound('This tenant has added no such resource type.');
    const extension = own.schemas.find((schema) => schema.extends.includes(name));
    if (extension)
      throw conflict(
        `The schema ${extension.id} extends ${name}; remove it, or take ${name} out of it, first.`,
      );
    const used = await usage.ofTypes([name]);
    if (used > 0) {
      const are = used === 1 ? 'there is 1 resource' : `there are ${used} resources`;
      throw conflict(`${name} cannot be removed while ${are} of it; delete those first.`);
    }
    return { ...own, resourceTypes, switchedOn };
  });
}
