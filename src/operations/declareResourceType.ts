/** PUT of a tenant's resource type. */
import { conflict, invalidValue } from '../scim/errors.ts';
import { defineResourceType } from '../scim/schema/defineResourceType.ts';
import type { ResourceTypeDefinition } from '../scim/schema/resourceType.ts';
import type { TenantDefinitions } from '../scim/schema/tenantDefinitions.ts';
import type { Usage } from '../store/tenantDefinitions.ts';
import type { Declared, DeclarationContext } from './declarationContext.ts';

const MOST_RESOURCE_TYPES = 50;

/**
 * Adds a resource type over a schema of the tenant, or switches on an optional one of `schemas/` by its name, which
 * takes no body. While there are resources of the type, only its description can change.
 * @throws ScimError invalidValue naming the field at fault; conflict
 */
export async function declareResourceType(
  { shipped, definitions, tenantId, now }: DeclarationContext,
  name: string,
  body: unknown,
): Promise<Declared<ResourceTypeDefinition>> {
  const { optional = { schemas: [], resourceTypes: [] } } = shipped;
  const known = optional.resourceTypes.find((type) => type.name === name);
  if (known && body !== undefined && JSON.stringify(body) !== '{}')
    throw invalidValue(`${name} is defined by the server; send no body, to switch it on.`);
  const type = known ?? defineResourceType(name, body);
  let created = false;
  await definitions.change(tenantId, now, async (own, usage) => {
    if (known) {
      created = !own.switchedOn.includes(name);
      return created ? { ...own, switchedOn: [...own.switchedOn, name] } : own;
    }
    const before = own.resourceTypes.find((one) => one.name === name);
    created = !before;
    checkNames([...shipped.resourceTypes, ...optional.resourceTypes], own, type);
    checkBase(own, type);
    if (before) await checkReplacement(before, type, usage);
    else if (own.resourceTypes.length >= MOST_RESOURCE_TYPES)
      throw conflict(`A tenant has at most ${MOST_RESOURCE_TYPES} resource types; remove one first.`);
    const others = own.resourceTypes.filter((one) => one !== before);
    return { ...own, resourceTypes: [...others, type] };
  });
  return { declared: type, created };
}

// Addresses and names are told apart by case, but nobody should have to.
function checkNames(
  fixed: readonly ResourceTypeDefinition[],
  own: TenantDefinitions,
  { name, endpoint }: ResourceTypeDefinition,
): void {
  const others = [...fixed, ...own.resourceTypes.filter((one) => one.name !== name)];
  const taken = others.find(
    (one) =>
      one.name.toLowerCase() === name.toLowerCase() || one.endpoint.toLowerCase() === endpoint.toLowerCase(),
  );
  if (taken)
    throw conflict(
      `There is a resource type ${taken.name} at ${taken.endpoint} already, or the server keeps its name; choose another name and endpoint.`,
    );
}

function checkBase(own: TenantDefinitions, { name, schema }: ResourceTypeDefinition): void {
  const base = own.schemas.find(({ id }) => id === schema);
  if (!base) {
    throw invalidValue(
      `The tenant has added no schema ${JSON.stringify(schema.slice(0, 200))}; add it first, in this spelling.`,
    );
  }
  if (base.extends.length > 0)
    throw invalidValue(
      `The schema ${schema} extends ${base.extends.join(', ')}, so it cannot be the base of ${name}.`,
    );
}

async function checkReplacement(
  before: ResourceTypeDefinition,
  after: ResourceTypeDefinition,
  usage: Usage,
): Promise<void> {
  if (before.schema === after.schema && before.endpoint === after.endpoint) return;
  const used = await usage.ofTypes([before.name]);
  if (used > 0)
    throw conflict(
      `Schema and endpoint of ${before.name} cannot change while it has ${used === 1 ? '1 resource' : `${used} resources`}.`,
    );
}
