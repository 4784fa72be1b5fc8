/** Made-up resource types with resources and filters for them: everything that a schema can declare. */
import fc from 'fast-check';
import { readDefinitions } from '../../src/definitions.ts';
import { packagePath } from '../../src/main/packagePath.ts';
import { withActive } from '../../src/scim/resource/active.ts';
import type { Document } from '../../src/scim/resource/document.ts';
import type { AttributeDefinition, AttributeType } from '../../src/scim/schema/attribute.ts';
import { buildRegistry } from '../../src/scim/schema/registry.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { define } from '../support/protocol.ts';

const BASE = 'urn:example:generated:2.0:Thing';
const EXTENSION = 'urn:example:generated:extension:2.0:Thing';
const THING = 'Thing';

/** A resource as a row of the database, and who belongs to it. */
export interface Row {
  readonly document: Document;
  readonly version: number;
  readonly created: Date;
  readonly lastModified: Date;
  /** Positions of its members among the rows of the world. */
  readonly members: readonly number[];
}

export interface World {
  readonly type: ResourceType;
  readonly rows: readonly Row[];
  readonly filters: readonly string[];
}

/** The id of the row at a position. */
export const idAt = (position: number): string =>
  `018f0000-0000-7000-8000-${position.toString(16).padStart(12, '0')}`;

const ROWS = 12;
const common = readDefinitions(packagePath('schemas')).common;

// Few values, so that they meet; odd ones, so that escaping, folding, composition and width count.
const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  'B',
  'ß',
  'SS',
  'é',
  'e\u0301',
  '%',
  '_',
  'a%b',
  '\\',
  '"',
  "'",
  '$1',
  '--',
  'ΟΔΟΣ',
  'οδός',
  '😀',
  '\uffee',
  'x y',
  'X ß',
  'ＡＢ',
  'ﬁ',
  'fi',
  'ı',
  'İ',
  'ẞ',
  '\u0301',
  '①',
  '[]',
  '{}',
];
const URIS = [
  'https://example.com/Users/1',
  'HTTPS://example.com/users/1',
  '../Users/2',
  'urn:x:Y',
  'urn:x:y',
];
const TIMES = [
  '2026-01-02T03:04:05Z',
  '2026-01-02T04:04:05+01:00',
  '2026-01-02T03:04:05.000000Z',
  '2026-01-02T03:04:05.678Z',
  '2026-01-02T03:04:05.6789991Z',
  '2025-12-31T24:00:00Z',
  '2026-01-01T00:00:00',
  '1969-07-20T20:17:40-04:00',
];
const BINARIES = ['', 'AA==', 'AA', 'AAA=', 'AAAA', 'aaaa', '+/+/', 'Zm9v'];
const NUMBERS = [0, -0, 1, -1, 2, 10, 9, 100, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
const DECIMALS = [
  ...NUMBERS,
  0.1,
  0.2,
  0.30000000000000004,
  1.5,
  -1.5,
  1e21,
  1e-7,
  5e-324,
  1.7976931348623157e308,
];

function simple(type: AttributeType): fc.Arbitrary<unknown> {
  switch (type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.constantFrom(...NUMBERS);
    case 'decimal':
      return fc.oneof(fc.constantFrom(...DECIMALS), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case 'dateTime':
      return fc.constantFrom(...TIMES);
    case 'binary':
      return fc.constantFrom(...BINARIES);
    case 'reference':
      return fc.constantFrom(...URIS);
    default:
      return fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
        {
          weight: 1,
          arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !text.includes('\0')),
        },
      );
  }
}

const TYPES: readonly AttributeType[] = [
  ...(['string', 'string', 'integer', 'decimal', 'boolean', 'dateTime', 'binary', 'reference'] as const),
];
// Some are names of what every object has, some mean something elsewhere.
const NAMES = ['alpha', 'Beta', 'gamma', 'x-1', 'y_2', '$z', 'kind', 'not'];
const SUBS = ['value', 'type', 'primary', 'number', 'Since', '$ref', 'and', 'valueOf'];

const simpleDefinition = (name: string, listed: fc.Arbitrary<boolean>): fc.Arbitrary<AttributeDefinition> =>
  fc
    .record({ type: fc.constantFrom(...TYPES), multiValued: listed, caseExact: fc.boolean() })
    .map(({ type, multiValued, caseExact }) => define(name, type, { multiValued, caseExact }));

const complexDefinition = (name: string): fc.Arbitrary<AttributeDefinition> =>
  fc
    .uniqueArray(fc.constantFrom(...SUBS), { minLength: 1, maxLength: 4 })
    .chain((names) =>
      fc.record({
        multiValued: fc.boolean(),
        subAttributes: fc.tuple(
          ...names.map((sub) =>
            simpleDefinition(
              sub,
              fc.integer({ max: 5, min: 0 }).map((n) => n === 0),
            ),
          ),
        ),
      }),
    )
    .map((given) => define(name, 'complex', given));

const definitions = (names: readonly string[], minLength: number): fc.Arbitrary<AttributeDefinition[]> =>
  fc
    .uniqueArray(fc.constantFrom(...names), { minLength, maxLength: 5 })
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((name) =>
          fc.oneof(
            { weight: 3, arbitrary: simpleDefinition(name, fc.boolean()) },
            { weight: 2, arbitrary: complexDefinition(name) },
          ),
        ),
      ),
    );

const ELEMENT = [define('value', 'string', { caseExact: true }), define('type'), define('display')];
const MEMBERS = define('members', 'complex', { multiValued: true, subAttributes: ELEMENT });
const GROUPS = define('groups', 'complex', {
  multiValued: true,
  mutability: 'readOnly',
  subAttributes: ELEMENT,
});

const types: fc.Arbitrary<ResourceType> = fc
  .record({
    base: definitions(NAMES, 1),
    extension: definitions(['alpha', 'Delta', 'userName', 'x-1'], 0),
    key: fc.constantFrom(
      undefined,
      define('userName', 'string', { uniqueness: 'server' }),
      define('label', 'string', { uniqueness: 'server' }),
      define('label', 'string', { uniqueness: 'server', caseExact: true }),
    ),
    active: fc.boolean(),
    displayName: fc.boolean(),
    related: fc.boolean(),
  })
  .map(({ base, extension, key, active, displayName, related }) => {
    const own = base.filter(({ name }) => name !== key?.name);
    const more = [
      ...(key ? [key] : []),
      ...(active ? [define('active', 'boolean')] : []),
      ...(displayName || related ? [define('displayName')] : []),
      ...(related ? [MEMBERS, GROUPS] : []),
    ];
    const registry = buildRegistry({
      common,
      schemas: [
        { id: BASE, name: THING, description: THING, attributes: [...more, ...own] },
        { id: EXTENSION, name: THING, description: THING, attributes: extension },
      ],
      resourceTypes: [
        {
          id: THING,
          name: THING,
          description: THING,
          endpoint: '/Things',
          schema: BASE,
          schemaExtensions: [{ schema: EXTENSION, required: false }],
        },
      ],
    });
    return registry.byName.get(THING) as ResourceType;
  });

type Declared = Pick<AttributeDefinition, 'name' | 'type' | 'multiValued'> & {
  readonly subAttributes?: ReadonlyMap<string, Declared>;
};

function valueFor(attribute: Declared): fc.Arbitrary<unknown> {
  const one =
    attribute.type === 'complex'
      ? objectFor([...(attribute.subAttributes?.values() ?? [])]).filter(
          (value) => Object.keys(value).length > 0,
        )
      : simple(attribute.type);
  return attribute.multiValued ? fc.array(one, { minLength: 1, maxLength: 3 }) : one;
}

function objectFor(attributes: readonly Declared[]): fc.Arbitrary<Document> {
  const members = Object.fromEntries(attributes.map((attribute) => [attribute.name, valueFor(attribute)]));
  return fc.record(members, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Document>;
}

const DERIVED = new Set(['id', 'schemas', 'meta', 'members', 'groups']);

function rowsFor(type: ResourceType): fc.Arbitrary<Row[]> {
  const base = [...type.attributes.values()].filter(({ key }) => !DERIVED.has(key));
  const related = type.attributes.has('members');
  const extension = [...(type.extensions.get(EXTENSION.toLowerCase())?.attributes.values() ?? [])];
  const time = fc.constantFrom(...TIMES).map((text) => new Date(text));
  return fc.array(
    fc
      .record({
        body: objectFor(base),
        container: objectFor(extension),
        version: fc.integer({ min: 1, max: 12 }),
        created: time,
        lastModified: time,
        members: fc.uniqueArray(fc.nat(ROWS - 1), { maxLength: related ? 4 : 0 }),
      })
      .map(({ body, container, ...row }) => {
        // What may be a member is called something, as users and groups are.
        const named = related ? { displayName: 'a', ...body } : body;
        const whole = Object.keys(container).length > 0 ? { ...named, [EXTENSION]: container } : named;
        return { ...row, document: withActive(type, whole) };
      }),
    { minLength: 1, maxLength: ROWS },
  );
}

const ORDER = ['gt', 'ge', 'lt', 'le'];
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  string: ['eq', 'ne', 'co', 'sw', 'ew', ...ORDER],
  reference: ['eq', 'ne', 'co', 'sw', 'ew', ...ORDER],
  integer: ['eq', 'ne', ...ORDER],
  decimal: ['eq', 'ne', ...ORDER],
  dateTime: ['eq', 'ne', ...ORDER],
  boolean: ['eq', 'ne'],
  binary: ['eq', 'ne'],
};

const spelled = (path: string): fc.Arbitrary<string> =>
  fc.constantFrom(path, path, path.toUpperCase(), path.toLowerCase());

function comparison(path: string, type: string, operand: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const operators = OPERATORS[type] as readonly string[];
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(spelled(path), fc.constantFrom(...operators), operand)
        .map(([name, operator, value]) => `${name} ${operator} ${JSON.stringify(value)}`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(spelled(path), fc.constantFrom('pr', 'eq null', 'ne null'))
        .map(([name, operator]) => `${name} ${operator}`),
    },
  );
}

const ids = fc.nat(ROWS).map(idAt);
const ELEMENT_OPERANDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  value: fc.oneof(ids, fc.constantFrom('018f', '1', 'x')),
  type: fc.constantFrom(THING, 'thing', 'direct', 'INDIRECT', 'User', 'in'),
  display: simple('string'),
};

function conditions(prefix: string, attribute: Declared): fc.Arbitrary<string>[] {
  const path = prefix + attribute.name;
  if (attribute.type !== 'complex') return [comparison(path, attribute.type, simple(attribute.type))];
  const subs = [...(attribute.subAttributes?.values() ?? [])];
  const rows = attribute.name === 'members' || attribute.name === 'groups';
  const operandOf = (sub: Declared): fc.Arbitrary<unknown> =>
    (rows ? ELEMENT_OPERANDS[sub.name] : undefined) ?? simple(sub.type);
  const value = attribute.subAttributes?.get('value');
  return [
    spelled(path).map((name) => `${name} pr`),
    ...subs.map((sub) => comparison(`${path}.${sub.name}`, sub.type, operandOf(sub))),
    ...(value ? [comparison(path, value.type, operandOf(value))] : []),
    elementFilter(
      path,
      subs.map((sub) => comparison(sub.name, sub.type, operandOf(sub))),
    ),
  ];
}

function elementFilter(path: string, inner: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(spelled(path), tree(fc.oneof(...inner), 2)).map(([name, filter]) => `${name}[${filter}]`);
}

function simpleElements(prefix: string, attributes: readonly Declared[]): fc.Arbitrary<string>[] {
  return attributes
    .filter(({ type, multiValued }) => type !== 'complex' && multiValued)
    .map((attribute) =>
      elementFilter(prefix + attribute.name, [comparison('value', attribute.type, simple(attribute.type))]),
    );
}

const tree = (leaf: fc.Arbitrary<string>, depth: number): fc.Arbitrary<string> =>
  depth === 0
    ? leaf
    : fc.oneof(
        { weight: 3, arbitrary: leaf },
        {
          weight: 1,
          arbitrary: fc
            .tuple(tree(leaf, depth - 1), fc.constantFrom('and', 'or'), tree(leaf, depth - 1))
            .map((parts) => `(${parts.join(' ')})`),
        },
        { weight: 1, arbitrary: tree(leaf, depth - 1).map((filter) => `not (${filter})`) },
      );

function filtersFor(type: ResourceType): fc.Arbitrary<string> {
  const base = [...type.attributes.values()].filter(({ key }) => !['id', 'schemas', 'meta'].includes(key));
  const extension = [...(type.extensions.get(EXTENSION.toLowerCase())?.attributes.values() ?? [])];
  const time = fc.constantFrom(...TIMES);
  const anywhere = [
    comparison(
      'id',
      'string',
      fc.oneof(ids, fc.constantFrom('018f', '1', '018F0000-0000-7000-8000-000000000001')),
    ),
    comparison('meta.created', 'dateTime', time),
    comparison('meta.lastModified', 'dateTime', time),
    comparison('meta.version', 'string', fc.constantFrom('W/"1"', 'W/"10"', '1', 'W/"2"')),
    comparison('meta.resourceType', 'string', fc.constantFrom(THING, 'thing', 'Th')),
    fc.constantFrom(BASE, EXTENSION, `${EXTENSION}s`).map((urn) => `schemas eq "${urn}"`),
  ];
  const own = [
    ...base.flatMap((attribute) => conditions('', attribute)),
    ...base.flatMap((attribute) => conditions(`${BASE}:`, attribute)),
    ...extension.flatMap((attribute) => conditions(`${EXTENSION}:`, attribute)),
    ...simpleElements('', base),
    ...simpleElements(`${EXTENSION}:`, extension),
  ];
  return tree(
    fc.oneof({ weight: 5, arbitrary: fc.oneof(...own) }, { weight: 1, arbitrary: fc.oneof(...anywhere) }),
    2,
  );
}

/** @param filters how many a world has */
export function worlds(filters: number): fc.Arbitrary<World> {
  return types.chain((type) =>
    fc.record({
      type: fc.constant(type),
      rows: rowsFor(type),
      filters: fc.array(filtersFor(type), { minLength: 1, maxLength: filters, size: 'max' }),
    }),
  );
}
