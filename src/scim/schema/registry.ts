/** Everything that is declared: schemas and resource types, built once from data. */
import { type Attribute, type AttributeDefinition, buildAttribute } from './attribute.ts';
import { type Choice, chosenSchema, chosenType, hasChoice } from './chosen.ts';
import type { Extension, ResourceType, ResourceTypeDefinition, SchemaDefinition } from './resourceType.ts';

/** The contents of `schemas/`. */
export interface Definitions {
  /** Attributes that belong to every resource without being of a schema (RFC 7643 §3.1). */
  readonly common: readonly AttributeDefinition[];
  /** Every schema, those of the discovery resources included. */
  readonly schemas: readonly SchemaDefinition[];
  readonly resourceTypes: readonly ResourceTypeDefinition[];
  /** What is shipped, and a tenant has only when it is switched on. */
  readonly optional?: Pick<Definitions, 'schemas' | 'resourceTypes'>;
}

export interface Registry {
  /** What is declared, as discovery shows it. */
  readonly definitions: Definitions;
  readonly resourceTypes: readonly ResourceType[];
  /** By endpoint, `/Users`. */
  readonly byEndpoint: ReadonlyMap<string, ResourceType>;
  readonly byName: ReadonlyMap<string, ResourceType>;
}

/**
 * Builds the registry.
 * @param choice what a tenant synchronises of users; all of it where nothing is said
 * @throws Error when a resource type names a schema that is not there (RFC 7643 §6)
 */
export function buildRegistry(definitions: Definitions, choice?: Choice): Registry {
  const schemas = new Map(definitions.schemas.map((schema) => [schema.id.toLowerCase(), schema]));
  const schemaOf = (id: string): SchemaDefinition => {
    const schema = schemas.get(id.toLowerCase());
    if (!schema) throw new Error(`resource types name the schema ${id}, which is not defined`);
    return schema;
  };
  const resourceTypes = definitions.resourceTypes.map((definition): ResourceType => {
    // The characteristics of common attributes override any schema that lists them (A1.04).
    const common = byKey(definitions.common, undefined);
    const base = byKey(schemaOf(definition.schema).attributes, undefined);
    const attributes = new Map([...common, ...[...base].filter(([key]) => !common.has(key))]);
    const extensions = new Map<string, Extension>();
    for (const { schema, required } of definition.schemaExtensions) {
      const { id, attributes: own } = schemaOf(schema);
      extensions.set(id.toLowerCase(), Object.freeze({ id, required, attributes: byKey(own, id) }));
    }
    const keyAttribute = [...attributes.values()].find(
      ({ uniqueness, mutability, type, multiValued }) =>
        uniqueness !== 'none' && mutability !== 'readOnly' && type === 'string' && !multiValued,
    );
    const { name, endpoint, schema } = definition;
    const type: ResourceType = {
      name,
      endpoint,
      schema,
      attributes,
      extensions,
      keyAttribute,
      whole: undefined,
      requiredOnCreate: [],
    };
    return choice && hasChoice(type) ? chosenType(type, choice) : Object.freeze(type);
  });
  return Object.freeze({
    definitions: choice ? chosenDefinitions(definitions, resourceTypes) : definitions,
    resourceTypes,
    byEndpoint: new Map(resourceTypes.map((type) => [type.endpoint, type])),
    byName: new Map(resourceTypes.map((type) => [type.name, type])),
  });
}

function byKey(
  definitions: readonly AttributeDefinition[],
  extension: string | undefined,
): Map<string, Attribute> {
  const built = definitions.map((definition) => buildAttribute(definition, extension));
  return new Map(built.map((attribute) => [attribute.key, attribute]));
}

function chosenDefinitions(definitions: Definitions, types: readonly ResourceType[]): Definitions {
  const typeOf = new Map(types.map((type) => [type.name, type]));
  return {
    ...definitions,
    schemas: definitions.schemas.flatMap((schema) => {
      const id = schema.id.toLowerCase();
      const having = types.filter((type) => {
        const { schema: base, extensions } = type.whole ?? type;
        return base.toLowerCase() === id || extensions.has(id);
      });
      return chosenSchema(schema, having) ?? [];
    }),
    resourceTypes: definitions.resourceTypes.map((definition) => ({
      ...definition,
      schemaExtensions: definition.schemaExtensions.filter(({ schema }) =>
        typeOf.get(definition.name)?.extensions.has(schema.toLowerCase()),
      ),
    })),
  };
}
