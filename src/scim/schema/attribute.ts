/** Attributes with their characteristics (RFC 7643 §2.2, §7), linked so that nothing is looked up by spelling twice. */

export type AttributeType =
  | 'string'
  | 'boolean'
  | 'decimal'
  | 'integer'
  | 'dateTime'
  | 'reference'
  | 'binary'
  | 'complex';
export type Mutability = 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
export type Returned = 'always' | 'never' | 'default' | 'request';
export type Uniqueness = 'none' | 'server' | 'global';

/** An attribute as `schemas/*.json` and `/Schemas` spell it. */
export interface AttributeDefinition {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly caseExact?: boolean;
  readonly uniqueness?: Uniqueness;
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly AttributeDefinition[];
}

/** An attribute ready for use: looked up by `key`, addressed in messages by `path`. */
export interface Attribute {
  readonly name: string;
  /** The name in lower case: attribute names are case-insensitive (RFC 7643 §2.1). */
  readonly key: string;
  /** How a person writes it: `name.givenName`, `urn:…:User:manager.value`. */
  readonly path: string;
  /** The URN whose container holds the attribute; undefined for the base schema and common attributes. */
  readonly extension: string | undefined;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly uniqueness: Uniqueness;
  /** Names of the resource types that a reference leads to, or `external` or `uri`. */
  readonly referenceTypes: readonly string[];
  readonly parent: Attribute | undefined;
  /** Sub-attributes by `key`, in the order of the schema. */
  readonly subAttributes: ReadonlyMap<string, Attribute>;
}

/**
 * Links a definition into an Attribute.
 * @param extension URN of the extension that holds it, undefined for base and common attributes
 */
export function buildAttribute(
  definition: AttributeDefinition,
  extension: string | undefined,
  parent?: Attribute,
): Attribute {
  const prefix = parent ? `${parent.path}.` : extension ? `${extension}:` : '';
  const subAttributes = new Map<string, Attribute>();
  const attribute: Attribute = {
    name: definition.name,
    key: definition.name.toLowerCase(),
    path: prefix + definition.name,
    extension,
    type: definition.type,
    multiValued: definition.multiValued,
    required: definition.required,
    caseExact: definition.caseExact ?? false,
    mutability: definition.mutability,
    returned: definition.returned,
    uniqueness: definition.uniqueness ?? 'none',
    referenceTypes: definition.referenceTypes ?? [],
    parent,
    subAttributes,
  };
  for (const sub of definition.subAttributes ?? []) {
    const built = buildAttribute(sub, extension, attribute);
    subAttributes.set(built.key, built);
  }
  return Object.freeze(attribute);
}
