/** What an admin client asks for behind the question mark, checked before anything is done with it. */
import { invalidValue } from '../../scim/errors.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** One query parameter. */
export interface Parameter<T> {
  readonly schema: JsonSchema;
  /** Completes the sentence `"name" must be …`. */
  readonly description: string;
  /** @returns undefined for what it may not be */
  read(text: string): T | undefined;
}

/** Reads the query of one address. */
export interface ParameterReader<T> {
  /** What it refuses, it names. */
  (query: unknown): { readonly [K in keyof T]?: T[K] };
  /** For the description of the API. */
  readonly schema: Readonly<Record<string, JsonSchema>>;
}

export function parameterReader<T>(
  parameters: {
    readonly [K in keyof T]: Parameter<T[K]>;
  },
): ParameterReader<T> {
  const known = new Map(Object.entries<Parameter<unknown>>(parameters));
  const names = [...known.keys()].join(', ');
  const read = (query: unknown) => {
    const values: Record<string, unknown> = {};
    for (const [name, given] of Object.entries(query as Record<string, unknown>)) {
      const parameter = known.get(name);
      if (parameter === undefined) {
        const shown = JSON.stringify(name.slice(0, 100));
        throw invalidValue(`${shown} is not known here; the parameters are ${names}.`);
      }
      // What is given twice arrives as an array.
      const value = typeof given === 'string' ? parameter.read(given) : undefined;
      if (value === undefined) throw invalidValue(`"${name}" must be ${parameter.description}.`);
      values[name] = value;
    }
    return values as { readonly [K in keyof T]?: T[K] };
  };
  const schema = Object.fromEntries([...known].map(([name, parameter]) => [name, parameter.schema]));
  return Object.assign(read, { schema });
}

/** A text that is compared. */
export const TEXT: Parameter<string> = {
  schema: { type: 'string', minLength: 1, maxLength: 1000 },
  description: 'a text of 1 to 1000 characters, without U+0000',
  read: (text) => (text === '' || text.length > 1000 || text.includes('\0') ? undefined : text),
};

export const FLAG: Parameter<boolean> = {
  schema: { type: 'boolean' },
  description: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

/** The id of something, also of the last one of the page before. */
export const ID: Parameter<string> = {
  schema: { type: 'string', format: 'uuid' },
  description: 'an id, as answers give it',
  read: (text) => (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined),
};

/** A place in the feed. */
export const POSITION: Parameter<string> = {
  schema: { type: 'string', pattern: '^[0-9]{1,40}$', default: '0' },
  description: 'a position, as answers give it, or 0 for the beginning',
  read: (text) => (/^[0-9]{1,40}$/.test(text) ? text : undefined),
};

export const LIMIT: Parameter<number> = {
  schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  description: 'a whole number from 1 to 1000',
  read: (text) =>
    /^[0-9]{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000 ? Number(text) : undefined,
};

export function oneOf<const T extends string>(values: readonly T[]): Parameter<T> {
  const shown = values.map((value) => `"${value}"`);
  return {
    schema: { enum: values },
    description: `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`,
    read: (text) => values.find((value) => value === text),
  };
}
