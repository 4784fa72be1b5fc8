/** What a tenant's discovery declares, made ready for probing: nothing here knows a schema by name. */
import { type Client, type Json, resourcesOf } from './client.ts';

/** An attribute as /Schemas declares it. */
export interface Declared {
  readonly name: string;
  readonly type: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly mutability: string;
  readonly returned: string;
  readonly caseExact?: boolean;
  readonly uniqueness?: string;
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Declared[];
}

/** A declared attribute and where it is. */
export interface Place {
  readonly attribute: Declared;
  readonly parent: Declared | undefined;
  /** The URN of the extension that holds it. */
  readonly extension: string | undefined;
  /** As a path in filters, PATCH and parameters. */
  readonly path: string;
}

export interface DeclaredType {
  readonly name: string;
  readonly endpoint: string;
  readonly schema: string;
  /** Top-level attributes, of the extensions too. */
  readonly tops: readonly Place[];
  /** These and their sub-attributes. */
  readonly places: readonly Place[];
}

/** Reads /ResourceTypes and /Schemas. */
export async function readDeclared(client: Client): Promise<DeclaredType[]> {
  const schemas = new Map(
    resourcesOf((await client.get('/Schemas')).body).map((schema) => [schema['id'] as string, schema]),
  );
  return resourcesOf((await client.get('/ResourceTypes')).body).map((type) => {
    const extensions = ((type['schemaExtensions'] ?? []) as Json[]).map((one) => one['schema'] as string);
    const tops = [undefined, ...extensions].flatMap((extension) => {
      const schema = schemas.get(extension ?? (type['schema'] as string));
      return ((schema?.['attributes'] ?? []) as Declared[]).map((attribute): Place => {
        const path = extension === undefined ? attribute.name : `${extension}:${attribute.name}`;
        return { attribute, parent: undefined, extension, path };
      });
    });
    const places = tops.flatMap((top) => [
      top,
      ...(top.attribute.subAttributes ?? []).map(
        (attribute): Place => ({
          ...top,
          attribute,
          parent: top.attribute,
          path: `${top.path}.${attribute.name}`,
        }),
      ),
    ]);
    const [name, endpoint, schema] = ['name', 'endpoint', 'schema'].map((key) => type[key] as string) as [
      string,
      string,
      string,
    ];
    return { name, endpoint, schema, tops, places };
  });
}

let made = 0;
/** A number that no other sample has. */
export const fresh = (): number => (made += 1);

export interface Samples {
  /** A right value of an attribute: for a multi-valued one a list of one. */
  readonly value: (attribute: Declared) => unknown;
  /** One element of it. */
  readonly one: (attribute: Declared) => unknown;
}

/** @param existing the id of a resource of a type, for what refers to one */
export function samplesOf(existing: (type: string) => string | undefined): Samples {
  const one = (attribute: Declared): unknown => {
    switch (attribute.type) {
      case 'boolean':
        return true;
      case 'integer':
        return fresh();
      case 'decimal':
        return fresh() + 0.5;
      case 'dateTime':
        return new Date(Date.UTC(2026, 0, 1) + fresh() * 1000).toISOString();
      case 'binary':
        return Buffer.from(`sample ${fresh()}`).toString('base64');
      case 'reference':
        return `https://example.com/Sample/${fresh()}`;
      case 'complex':
        return Object.fromEntries(
          (attribute.subAttributes ?? [])
            .filter((sub) => writable(sub) && sub.name !== '$ref')
            .map((sub) => [
              sub.name,
              sub.name === 'value' ? (referredTo(attribute) ?? value(sub)) : value(sub),
            ]),
        );
      default:
        return attribute.canonicalValues?.[0] ?? `Sample ${fresh()}`;
    }
  };
  const value = (attribute: Declared): unknown => (attribute.multiValued ? [one(attribute)] : one(attribute));
  // `value` beside a `$ref` to resources is the id of one.
  const referredTo = (attribute: Declared): string | undefined => {
    const reference = attribute.subAttributes?.find(({ name }) => name === '$ref');
    return reference?.referenceTypes?.map(existing).find((id) => id !== undefined);
  };
  return { value, one };
}

/** Values that no tolerance takes for one of the type. */
export function wrongFor({ type, multiValued, subAttributes }: Declared): unknown[] {
  const bare = (subAttributes ?? []).some(({ name }) => name === 'value');
  const wrong: Record<string, unknown[]> = {
    boolean: ['perhaps', 2, {}],
    integer: [1.5, 'x', {}, 2 ** 60],
    decimal: ['x', {}],
    dateTime: ['yesterday', {}],
    binary: ['%%', {}],
    string: [{}, [[]]],
    reference: [{}],
    complex: bare ? [true] : ['x', true, 5],
  };
  const ones = wrong[type] ?? [];
  return multiValued ? ones.map((value) => [value]) : [...ones, [1, 2], ['a', 'b']];
}

/** Whether a client can say what it is. */
export function writable({ mutability }: Declared): boolean {
  return mutability !== 'readOnly';
}

/** The body of a resource with its required attributes and one value at a place. */
export function bodyWith(type: DeclaredType, samples: Samples, place?: Place, value?: unknown): Json {
  const body: Json = { schemas: [type.schema] };
  const put = (extension: string | undefined, name: string, given: unknown): void => {
    if (extension === undefined) body[name] = given;
    else {
      body[extension] = { ...(body[extension] as Json), [name]: given };
      (body['schemas'] as string[]).push(
        ...((body['schemas'] as string[]).includes(extension) ? [] : [extension]),
      );
    }
  };
  for (const { attribute, extension } of type.tops) {
    const asked = extension === undefined || extension === place?.extension;
    if (attribute.required && writable(attribute) && asked)
      put(extension, attribute.name, samples.value(attribute));
  }
  if (!place) return body;
  const { attribute, parent, extension } = place;
  if (!parent) put(extension, attribute.name, value);
  else {
    const required = Object.fromEntries(
      (parent.subAttributes ?? [])
        .filter((sub) => sub.required && writable(sub))
        .map((sub) => [sub.name, samples.value(sub)]),
    );
    const element = { ...required, [attribute.name]: value };
    put(extension, parent.name, parent.multiValued ? [element] : element);
  }
  return body;
}

/** What a resource has at a place; of a list, in its first element. */
export function valueAt(resource: Json, { attribute, parent, extension }: Place): unknown {
  const holder = extension === undefined ? resource : ((resource[extension] ?? {}) as Json);
  if (!parent) return holder[attribute.name];
  const found = holder[parent.name] as Json | Json[] | undefined;
  return (Array.isArray(found) ? found[0] : found)?.[attribute.name];
}
