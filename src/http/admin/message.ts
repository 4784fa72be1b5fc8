/** What an admin client sends, checked before anything is done with it. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { invalidSyntax, invalidValue } from '../../scim/errors.ts';

/** The fields of a body. Each has a `description` that completes the sentence `"field" must be …`. */
export interface Fields {
  readonly [name: string]: { readonly description: string; readonly [keyword: string]: unknown };
}

const ajv = new Ajv({ verbose: true, allowUnionTypes: true });

/** Reads bodies of one form. */
export interface MessageReader<T> {
  /** What it refuses, it names. */
  (body: unknown): T;
  /** The form as a JSON Schema, for the description of the API. */
  readonly schema: Readonly<Record<string, unknown>>;
}

export function messageReader<T>(
  fields: Fields,
  required: readonly (keyof T & string)[] = [],
): MessageReader<T> {
  const schema = {
    type: 'object',
    properties: fields,
    required: [...required],
    additionalProperties: false,
    // Where nothing is required, an empty object would change nothing.
    minProperties: required.length === 0 ? 1 : 0,
  };
  const validate: ValidateFunction<T> = ajv.compile(schema);
  const names = Object.keys(fields).join(', ');
  const read = (body: unknown): T => {
    if (body === undefined) throw invalidSyntax(`A JSON body is needed, with ${names}.`);
    if (validate(body)) return body;
    throw refusal(validate.errors?.[0]);
  };
  return Object.assign(read, { schema });
}

function refusal(error: ErrorObject | undefined): Error {
  const { keyword, instancePath = '', parentSchema } = error ?? {};
  const path = instancePath.slice(1).replaceAll('/', '.');
  const names = Object.keys((parentSchema?.['properties'] as object | undefined) ?? {}).join(', ');
  if (keyword === 'required') {
    const missing = String(error?.params['missingProperty']);
    return invalidValue(`"${path === '' ? missing : `${path}.${missing}`}" is missing.`);
  }
  if (keyword === 'additionalProperties') {
    const name = String(error?.params['additionalProperty']).slice(0, 100);
    const where = path === '' ? 'here' : `in "${path}"`;
    return invalidValue(`${JSON.stringify(name)} is not known ${where}; the fields are ${names}.`);
  }
  if (instancePath === '') return invalidSyntax(`The body must be a JSON object with ${names}.`);
  return invalidValue(`"${path}" must be ${parentSchema?.['description']}.`);
}

/** Whether nothing is said: no body, or an object without fields. */
export function isEmptyBody(body: unknown): boolean {
  return body === undefined || (typeof body === 'object' && body !== null && Object.keys(body).length === 0);
}
