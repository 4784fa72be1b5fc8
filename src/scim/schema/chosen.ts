/** What of a resource type a tenant synchronises. */
import { createLeniency } from '../tolerance.ts';
import type { Attribute, AttributeDefinition } from './attribute.ts';
import { resolve } from './resolve.ts';
import type { Extension, ResourceType, SchemaDefinition } from './resourceType.ts';

export interface Choice {
  /** Names of attributes, of extensions' with their URN, and of whole extensions; null for everything. */
  readonly attributes: readonly string[] | null;
  /** What a user must have to be created. */
  readonly requiredAttributes: readonly string[];
}

/** What is synchronised whatever is chosen: without it nobody could be found, told apart or addressed. */
const ALWAYS =
  'id externalId meta schemas userName active password emails name.givenName name.familyName'.split(' ');

/**
 * Whether it is the type whose resources have accounts. What other types have is not chosen: of groups, everything that
 * there is means something.
 */
export function hasChoice({ keyAttribute }: ResourceType): boolean {
  return keyAttribute?.key === 'username';
}

/** What a name in a choice means; in full, since who chooses reads `/Schemas`. */
export function chosenBy(type: ResourceType, name: string): ReturnType<typeof resolve> {
  return resolve(type, name, createLeniency('strict'));
}

/**
 * The type with what is chosen of it, and what always is. Names that mean nothing, as those of a schema that was removed,
 * choose nothing. Of a complex attribute of which only sub-attributes are chosen, the others are left out.
 */
export function chosenType(whole: ResourceType, { attributes, requiredAttributes }: Choice): ResourceType {
  const type = attributes === null ? whole : reduced(whole, [...ALWAYS, ...attributes]);
  const requiredOnCreate = requiredAttributes.flatMap((name): Attribute[] => {
    const found = chosenBy(type, name);
    return found?.kind === 'attribute' ? [found.sub ?? found.attribute] : [];
  });
  return Object.freeze({ ...type, requiredOnCreate });
}

function reduced(whole: ResourceType, names: readonly string[]): ResourceType {
  const chosen = new Map<Attribute, 'all' | Set<string>>();
  for (const name of names) {
    const found = chosenBy(whole, name);
    if (found?.kind === 'extension') {
      for (const attribute of found.extension.attributes.values()) chosen.set(attribute, 'all');
    } else if (found?.sub) {
      const subs = chosen.get(found.attribute) ?? new Set();
      if (subs !== 'all') chosen.set(found.attribute, subs.add(found.sub.key));
    } else if (found) {
      chosen.set(found.attribute, 'all');
    }
  }
  const kept = (attributes: ReadonlyMap<string, Attribute>): Map<string, Attribute> =>
    new Map(
      [...attributes].flatMap(([key, attribute]) => {
        const part = chosen.get(attribute);
        return part ? [[key, part === 'all' ? attribute : withSubs(attribute, part)] as const] : [];
      }),
    );
  const extensions = [...whole.extensions].flatMap(([urn, extension]): [string, Extension][] => {
    const attributes = kept(extension.attributes);
    // Of a required extension that is not kept nothing can be asked.
    return attributes.size > 0 ? [[urn, Object.freeze({ ...extension, attributes })]] : [];
  });
  return { ...whole, attributes: kept(whole.attributes), extensions: new Map(extensions), whole };
}

function withSubs(attribute: Attribute, kept: ReadonlySet<string>): Attribute {
  const subAttributes = new Map<string, Attribute>();
  const reducedOne: Attribute = { ...attribute, subAttributes };
  for (const [key, sub] of attribute.subAttributes)
    if (kept.has(key)) subAttributes.set(key, Object.freeze({ ...sub, parent: reducedOne }));
  return Object.freeze(reducedOne);
}

/**
 * A schema as it is for the tenant: without what no type of it synchronises, and with what a creation requires.
 * @param types those that have the schema, as base or extension
 * @returns undefined where nothing is left of it
 */
export function chosenSchema(
  schema: SchemaDefinition,
  types: readonly ResourceType[],
): SchemaDefinition | undefined {
  if (types.every(({ whole, requiredOnCreate }) => !whole && requiredOnCreate.length === 0)) return schema;
  // A sub-attribute cannot be there without its attribute.
  const required = new Set(
    types.flatMap(({ requiredOnCreate }) => requiredOnCreate.flatMap((one) => [one, one.parent ?? one])),
  );
  const attributesOf = (type: ResourceType): ReadonlyMap<string, Attribute> | undefined =>
    type.schema.toLowerCase() === schema.id.toLowerCase()
      ? type.attributes
      : type.extensions.get(schema.id.toLowerCase())?.attributes;
  const shown = (
    definitions: readonly AttributeDefinition[],
    kept: readonly ReadonlyMap<string, Attribute>[],
  ): AttributeDefinition[] =>
    definitions.flatMap((definition) => {
      const own = kept
        .map((attributes) => attributes.get(definition.name.toLowerCase()))
        .filter((attribute) => attribute !== undefined);
      if (own.length === 0) return [];
      const { subAttributes } = definition;
      return [
        {
          ...definition,
          ...(own.some((attribute) => required.has(attribute)) && { required: true }),
          ...(subAttributes && {
            subAttributes: shown(
              subAttributes,
              own.map((attribute) => attribute.subAttributes),
            ),
          }),
        },
      ];
    });
  const kept = types.map(attributesOf).filter((attributes) => attributes !== undefined);
  const attributes = shown(schema.attributes, kept);
  return attributes.length > 0 ? { ...schema, attributes } : undefined;
}
