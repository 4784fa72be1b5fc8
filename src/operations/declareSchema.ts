/** PUT of a tenant's schema. */
import { conflict, invalidValue } from '../scim/errors.ts';
import { checkAdditive } from '../scim/schema/additive.ts';
import { defineSchema } from '../scim/schema/defineSchema.ts';
import type { Definitions } from '../scim/schema/registry.ts';
import {
  definitionsOf,
  type TenantDefinitions,
  type TenantSchema,
} from '../scim/schema/tenantDefinitions.ts';
import type { Usage } from '../store/tenantDefinitions.ts';
import type { Declared, DeclarationContext } from './declarationContext.ts';

const MOST_SCHEMAS = 50;

/**
 * Adds a schema, or puts it in the place of the one of that URN. While resources have values of it, it can only grow
 * (B10.06).
 * @throws ScimError invalidValue naming the attribute at fault; conflict
 */
export async function declareSchema(
  { shipped, definitions, tenantId, now }: DeclarationContext,
  id: string,
  body: unknown,
): Promise<Declared<TenantSchema>> {
  const given = defineSchema(id, body);
  let result: Declared<TenantSchema> | undefined;
  await definitions.change(tenantId, now, async (own, usage) => {
    const before = own.schemas.find((schema) => isSame(schema.id, id));
    // Values are kept under the URN as it was first spelt.
    const schema = before ? { ...given, id: before.id } : given;
    checkUrn(shipped, own, schema.id);
    checkTypes(shipped, own, schema);
    if (before) await checkReplacement(before, schema, own, usage);
    else if (own.schemas.length >= MOST_SCHEMAS)
      throw conflict(`A tenant has at most ${MOST_SCHEMAS} schemas; remove one first.`);
    result = { declared: schema, created: !before };
    const schemas = before
      ? own.schemas.map((one) => (one === before ? schema : one))
      : [...own.schemas, schema];
    return { ...own, schemas };
  });
  if (!result) throw new Error('a schema was not declared');
  return result;
}

/** A name such as `urn:a:b:c` must not be both a schema and an attribute `c` of the schema `urn:a:b`. */
function checkUrn(shipped: Definitions, own: TenantDefinitions, id: string): void {
  const fixed = [...shipped.schemas, ...(shipped.optional?.schemas ?? [])];
  if (fixed.some((schema) => isSame(schema.id, id)))
    throw conflict(`The schema ${id} is part of the server and cannot be replaced; choose another URN.`);
  const lower = `${id.toLowerCase()}:`;
  const overlap = [...fixed, ...own.schemas].find((schema) => {
    const other = `${schema.id.toLowerCase()}:`;
    return other !== lower && (other.startsWith(lower) || lower.startsWith(other));
  });
  if (overlap)
    throw invalidValue(
      `The URN of the schema and ${overlap.id} begin alike, so that names of attributes would be taken for names of schemas; choose another URN.`,
    );
}

function checkTypes(shipped: Definitions, own: TenantDefinitions, schema: TenantSchema): void {
  const { resourceTypes } = definitionsOf(shipped, own);
  const unknown = schema.extends.find((name) => !resourceTypes.some((type) => type.name === name));
  if (unknown !== undefined) {
    const names = resourceTypes.map(({ name }) => name).join(', ');
    throw invalidValue(
      `"extends" names ${JSON.stringify(unknown)}, which is no resource type; there are ${names}.`,
    );
  }
  const based = own.resourceTypes.find((type) => isSame(type.schema, schema.id));
  if (based && schema.extends.length > 0)
    throw conflict(`The schema is the base of ${based.name}, so it cannot extend a resource type as well.`);
}

async function checkReplacement(
  before: TenantSchema,
  schema: TenantSchema,
  own: TenantDefinitions,
  usage: Usage,
): Promise<void> {
  const dropped = before.extends.filter((name) => !schema.extends.includes(name));
  const left = dropped.length === 0 ? 0 : await usage.carrying(before.id, dropped);
  if (left > 0)
    throw conflict(
      `The schema cannot stop extending ${dropped.join(', ')}, because ${resources(left)} values of it.`,
    );
  const bases = own.resourceTypes.filter((type) => isSame(type.schema, before.id)).map(({ name }) => name);
  const used = (await usage.carrying(before.id, before.extends)) + (await usage.ofTypes(bases));
  if (used > 0) checkAdditive(before.attributes, schema.attributes, `${resources(used)} values of it`);
}

function resources(count: number): string {
  return count === 1 ? '1 resource has' : `${count} resources have`;
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
