/** Whether canonical values are of their attribute's type: JSON Schemas made from the schemas, run by ajv. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { invalidValue } from '../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import { instant } from '../schema/dateTime.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { isGroups, isMembers } from '../schema/storage.ts';
import type { Document } from './document.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

// Values are judged as they are: nothing is coerced, filled in or removed.
function freshAjv(): Ajv {
  const ajv = new Ajv({ allErrors: false, strict: true, coerceTypes: false, useDefaults: false });
  ajv.addFormat('text', (text) => !text.includes('\0') && text.isWellFormed());
  ajv.addFormat('date-time', (text) => instant(text) !== undefined);
  return ajv.addFormat('base64', isBase64);
}

/** Validators that share an Ajv, which keeps what it has compiled: those of schemas that are gone must go too. */
const GENERATION = 500;
let ajv = freshAjv();
let compiled = 0;

function compile(schema: JsonSchema): ValidateFunction {
  if (compiled === GENERATION) {
    ajv = freshAjv();
    compiled = 0;
  }
  compiled += 1;
  return ajv.compile(schema);
}

// RFC 4648 §4; padding may be left out (A3.05). By characters: a certificate may be long, and one regular expression
// for the whole would run out of stack.
function isBase64(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.slice(0, text.length - padding);
  if (/[^A-Za-z0-9+/]/.test(digits)) return false;
  return padding > 0 ? text.length % 4 === 0 : digits.length % 4 !== 1;
}

const ofDocument = new WeakMap<ResourceType, ValidateFunction>();
const ofElement = new WeakMap<Attribute, ValidateFunction>();

/**
 * @throws ScimError invalidValue naming the attribute: a required one is missing (B2.05), or a value is not of
 *   its attribute's type
 */
export function validateDocument(type: ResourceType, document: Document): void {
  let validate = ofDocument.get(type);
  if (!validate) ofDocument.set(type, (validate = compile(documentSchema(type))));
  if (!validate(document)) throw refusal(validate.errors?.[0], '');
}

/**
 * Checks one element of a multi-valued attribute, or the value of a singular one, as PATCH operations carry it:
 * `null`s stand for what is cleared, and required sub-attributes may be missing.
 * @throws ScimError invalidValue naming the attribute
 */
export function validateElement(attribute: Attribute, value: unknown): void {
  let validate = ofElement.get(attribute);
  if (!validate) ofElement.set(attribute, (validate = compile(partial(attribute))));
  if (!validate(value)) throw refusal(validate.errors?.[0], attribute.path);
}

function documentSchema(type: ResourceType): JsonSchema {
  const base = [...type.attributes.values()].filter(
    (attribute) =>
      attribute.mutability !== 'readOnly' &&
      attribute.key !== 'schemas' &&
      !isMembers(attribute) &&
      !isGroups(attribute),
  );
  const properties = propertiesOf(base);
  const required = requiredOf(base);
  for (const extension of type.extensions.values()) {
    const attributes = [...extension.attributes.values()];
    properties[extension.id] = object(propertiesOf(attributes), requiredOf(attributes));
    if (extension.required) required.push(extension.id);
  }
  return object(properties, required);
}

function partial(attribute: Attribute): JsonSchema {
  if (attribute.type !== 'complex') return simpleSchema(attribute);
  const properties: Record<string, JsonSchema> = {};
  for (const sub of attribute.subAttributes.values()) {
    properties[sub.name] = { anyOf: [{ type: 'null' }, valueSchema(sub)] };
  }
  return object(properties, []);
}

function valueSchema(attribute: Attribute): JsonSchema {
  const one =
    attribute.type === 'complex'
      ? object(
          propertiesOf([...attribute.subAttributes.values()]),
          requiredOf([...attribute.subAttributes.values()]),
        )
      : simpleSchema(attribute);
  return attribute.multiValued ? { type: 'array', items: one } : one;
}

function simpleSchema({ type, required }: Attribute): JsonSchema {
  switch (type) {
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      // A3.03: what a JSON number holds without loss.
      return { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    case 'decimal':
      return { type: 'number' };
    case 'dateTime':
      return { type: 'string', format: 'date-time' };
    case 'binary':
      return { type: 'string', format: 'base64' };
    default:
      return { type: 'string', format: 'text', ...(required ? { minLength: 1 } : {}) };
  }
}

function propertiesOf(attributes: readonly Attribute[]): Record<string, JsonSchema> {
  return Object.fromEntries(attributes.map((attribute) => [attribute.name, valueSchema(attribute)]));
}

function requiredOf(attributes: readonly Attribute[]): string[] {
  // A4.02: what is required and readOnly is supplied by the server.
  return attributes
    .filter(({ required, mutability }) => required && mutability !== 'readOnly')
    .map(({ name }) => name);
}

function object(properties: Record<string, JsonSchema>, required: string[]): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false };
}

function refusal(error: ErrorObject | undefined, prefix: string): Error {
  const missing = error?.keyword === 'required' ? [String(error.params['missingProperty'])] : [];
  const [first = '', ...rest] = [prefix, ...(error?.instancePath.split('/').slice(1) ?? []), ...missing]
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .filter((part) => part !== '' && !/^\d+$/.test(part));
  // In a document, an extension's attribute follows its URN after a colon (RFC 7644 §3.10).
  const colon = prefix === '' && first.includes(':') && rest.length > 0;
  const path = colon ? `${first}:${rest.join('.')}` : [first, ...rest].join('.');
  switch (error?.keyword) {
    case 'required':
      return invalidValue(`The attribute "${path}" is required.`);
    case 'minLength':
      return invalidValue(`The attribute "${path}" must not be empty.`);
    case 'format':
      return invalidValue(
        error.params['format'] === 'text'
          ? `The attribute "${path}" holds characters that are not text.`
          : `The attribute "${path}" is not a valid ${String(error.params['format'])} value.`,
      );
    case 'minimum':
    case 'maximum':
      return invalidValue(`The attribute "${path}" is out of range.`);
    default:
      return invalidValue(`The attribute "${path}" is not of its declared type: ${error?.message ?? ''}.`);
  }
}
