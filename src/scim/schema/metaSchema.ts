/** What a schema of a tenant may say, as a JSON Schema (RFC 7643 §7). Each `description` completes `"field" must be …`. */
import { ATTRIBUTE_NAME } from './attributeName.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const TYPES = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'reference', 'binary'];

const text = (maxLength: number): JsonSchema => ({
  type: 'string',
  maxLength,
  description: `a text of at most ${maxLength} characters`,
});
const flag: JsonSchema = { type: 'boolean', description: 'true or false' };
const oneOf = (values: readonly string[]): JsonSchema => ({
  enum: values,
  description: `one of ${values.join(', ')}`,
});
const texts = (description: string): JsonSchema => ({
  type: 'array',
  maxItems: 100,
  items: { type: 'string', minLength: 1, maxLength: 200, description },
  description,
});

function attribute(name: string, types: readonly string[], more: Record<string, JsonSchema>): JsonSchema {
  return {
    type: 'object',
    description: 'an object with the characteristics of an attribute',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: {
        type: 'string',
        pattern: name,
        description: 'a letter, and up to 99 letters, digits, hyphens and underscores after it',
      },
      type: oneOf(types),
      multiValued: flag,
      description: text(1000),
      required: flag,
      caseExact: flag,
      mutability: oneOf(['readOnly', 'readWrite', 'immutable', 'writeOnly']),
      returned: oneOf(['always', 'never', 'default', 'request']),
      uniqueness: oneOf(['none', 'server', 'global']),
      canonicalValues: texts('a list of texts'),
      referenceTypes: texts('a list of names of resource types, "external" or "uri"'),
      ...more,
    },
  };
}

const attributes = (items: JsonSchema): JsonSchema => ({
  type: 'array',
  maxItems: 200,
  items,
  description: 'a list of at most 200 attributes',
});

const subAttributes = attributes(attribute(`${ATTRIBUTE_NAME}|^\\$ref$`, TYPES, {}));

/** `schemas` and `meta` are what `/Schemas` shows beside a schema; they may be sent back. */
export const META_SCHEMA: JsonSchema = Object.freeze({
  type: 'object',
  description: 'an object with "name" and "attributes"',
  required: ['name', 'attributes'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', description: 'the URN of the schema, as in the address' },
    name: { type: 'string', minLength: 1, maxLength: 100, description: 'a text of 1 to 100 characters' },
    description: text(1000),
    attributes: attributes(attribute(ATTRIBUTE_NAME, [...TYPES, 'complex'], { subAttributes })),
    extends: {
      type: 'array',
      maxItems: 60,
      uniqueItems: true,
      items: { type: 'string', maxLength: 100, description: 'a list of names of resource types' },
      description: 'a list of names of resource types, each once',
    },
    schemas: {},
    meta: {},
  },
});
