/** From what an admin writes to a resource type that the server can work by. */
import { Ajv } from 'ajv';
import { invalidSyntax, invalidValue } from '../errors.ts';
import { isInherited } from './attributeName.ts';
import type { ResourceTypeDefinition } from './resourceType.ts';

interface Given {
  readonly name?: string;
  readonly description?: string;
  readonly endpoint: string;
  readonly schema: string;
}

/** The form of a resource type. Each `description` completes `"field" must be …`. */
export const RESOURCE_TYPE_FORM = Object.freeze({
  type: 'object',
  required: ['endpoint', 'schema'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', description: 'the name in the address' },
    description: { type: 'string', maxLength: 1000, description: 'a text of at most 1000 characters' },
    endpoint: {
      type: 'string',
      pattern: '^/[A-Za-z][A-Za-z0-9_-]{0,62}$',
      description: 'a slash and a word, such as "/Printers"',
    },
    schema: { type: 'string', description: 'the URN of a schema that was added before' },
  },
});

/** Addresses below the SCIM base URL that have a meaning, and names of what is there, in lower case. */
const TAKEN: ReadonlySet<string> = new Set(
  'me bulk schemas schema resourcetypes resourcetype serviceproviderconfig serviceproviderconfigs'.split(' '),
);

const validate = new Ajv({ verbose: true, strict: true }).compile<Given>(RESOURCE_TYPE_FORM);

/** @throws ScimError invalidValue naming the field at fault */
export function defineResourceType(name: string, body: unknown): ResourceTypeDefinition {
  if (!/^[A-Za-z][A-Za-z0-9]{0,62}$/.test(name) || TAKEN.has(name.toLowerCase()) || isInherited(name)) {
    throw invalidValue(
      'A resource type has a name of up to 63 letters and digits, such as Printer, that SCIM does not use otherwise.',
    );
  }
  if (!validate(body)) throw refusal();
  if (body.name !== undefined && body.name !== name)
    throw invalidValue(`The "name" of the resource type must be the one in the address, ${name}.`);
  const { endpoint, schema, description = '' } = body;
  if (TAKEN.has(endpoint.slice(1).toLowerCase()))
    throw invalidValue(`The endpoint ${endpoint} is used by SCIM itself; choose another.`);
  return { id: name, name, description, endpoint, schema, schemaExtensions: [] };
}

function refusal(): Error {
  const { keyword, instancePath = '', params = {}, parentSchema } = validate.errors?.[0] ?? {};
  if (keyword === 'required')
    return invalidValue(`The resource type needs "${String(params['missingProperty'])}".`);
  if (keyword === 'additionalProperties') {
    const unknown = JSON.stringify(String(params['additionalProperty']).slice(0, 100));
    return invalidValue(
      `${unknown} is not known here; a resource type has "endpoint", "schema" and "description".`,
    );
  }
  if (instancePath === '')
    return invalidSyntax('The body must be an object with "endpoint" and "schema" of the resource type.');
  return invalidValue(`"${instancePath.slice(1)}" must be ${String(parentSchema?.['description'])}.`);
}
