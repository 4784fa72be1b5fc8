/** DELETE of a tenant's schema. */
import { conflict, notFound } from '../scim/errors.ts';
import type { DeclarationContext } from './declarationContext.ts';

/** @throws ScimError notFound; conflict while it is in use (B10.06) */
export async function withdrawSchema(
  { definitions, tenantId, now }: Omit<DeclarationContext, 'shipped'>,
  id: string,
): Promise<void> {
  await definitions.change(tenantId, now, async (own, usage) => {
    const schema = own.schemas.find((one) => one.id.toLowerCase() === id.toLowerCase());
    if (!schema) throw notFound('This tenant has added no such schema.');
    const based = own.resourceTypes.find((type) => type.schema.toLowerCase() === id.toLowerCase());
    if (based) throw conflict(`The schema is the base of ${based.name}; remove that resource type first.`);
    const used = await usage.carrying(schema.id, schema.extends);
    if (used > 0) {
      const carry = used === 1 ? '1 resource has' : `${used} resources have`;
      throw conflict(
        `The schema cannot be removed while ${carry} values of it; remove those first (filter=schemas eq "${schema.id}" finds them).`,
      );
    }
    return { ...own, schemas: own.schemas.filter((one) => one !== schema) };
  });
}
