/** What a tenant has beyond what every tenant has. */
import type { Definitions } from './registry.ts';
import type { ResourceTypeDefinition, SchemaDefinition } from './resourceType.ts';

/** A schema that a tenant has declared. */
export interface TenantSchema extends SchemaDefinition {
  /** Names of the resource types that may carry it as an extension; empty for a schema that is to be a base. */
  readonly extends: readonly string[];
}

export interface TenantDefinitions {
  readonly schemas: readonly TenantSchema[];
  readonly resourceTypes: readonly ResourceTypeDefinition[];
  /** Names of the optional resource types of `schemas/` that are switched on. */
  readonly switchedOn: readonly string[];
}

/**
 * Everything that is declared for a tenant. A tenant's extension is never required: resources without it may be there
 * already (A2.03).
 */
export function definitionsOf(shipped: Definitions, own: TenantDefinitions): Definitions {
  const { optional } = shipped;
  const switchedOn = (optional?.resourceTypes ?? []).filter(({ name }) => own.switchedOn.includes(name));
  const needed = new Set(
    switchedOn.flatMap(({ schema, schemaExtensions }) => [
      schema,
      ...schemaExtensions.map((extension) => extension.schema),
    ]),
  );
  const resourceTypes = [...shipped.resourceTypes, ...switchedOn, ...own.resourceTypes];
  return {
    common: shipped.common,
    schemas: [
      ...shipped.schemas,
      ...(optional?.schemas ?? []).filter(({ id }) => needed.has(id)),
      ...own.schemas.map(({ extends: _types, ...schema }) => schema),
    ],
    resourceTypes: resourceTypes.map((type) => ({
      ...type,
      schemaExtensions: [
        ...type.schemaExtensions,
        ...own.schemas
          .filter((schema) => schema.extends.includes(type.name))
          .map(({ id }) => ({ schema: id, required: false })),
      ],
    })),
  };
}
