/** What a tenant may declare. */
import t from 'tap';
import { checkAdditive } from '../../src/scim/schema/additive.ts';
import { defineResourceType } from '../../src/scim/schema/defineResourceType.ts';
import { defineSchema } from '../../src/scim/schema/defineSchema.ts';
import { ScimError } from '../../src/scim/errors.ts';

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ScimError) return error.message;
    throw error;
  }
  return 'not refused';
}

const URN = 'urn:example:schemas:extension:acme:2.0:User';
const schema = (attributes: unknown, more: object = {}) => ({ name: 'Acme', attributes, ...more });
const one = (attribute: object, more: object = {}) => schema([{ name: 'a', ...attribute }], more);

t.test('A4.01 A11.02 what a schema leaves out gets the defaults, stated explicitly', async (t) => {
  const subAttributes = [{ name: '$ref', type: 'reference', mutability: 'readOnly' }];
  const body = schema([
    { name: 'shoeSize' },
    { name: 'desk', type: 'complex', multiValued: true, subAttributes },
  ]);
  t.strictSame(defineSchema(URN, { ...body, schemas: [], meta: {} }), {
    id: URN,
    name: 'Acme',
    description: '',
    extends: [],
    attributes: [
      {
        name: 'shoeSize',
        type: 'string',
        multiValued: false,
        description: '',
        required: false,
        caseExact: false,
        mutability: 'readWrite',
        returned: 'default',
        uniqueness: 'none',
      },
      {
        name: 'desk',
        type: 'complex',
        multiValued: true,
        description: '',
        required: false,
        mutability: 'readWrite',
        returned: 'default',
        subAttributes: [
          {
            name: '$ref',
            type: 'reference',
            multiValued: false,
            description: '',
            required: false,
            caseExact: true,
            mutability: 'readOnly',
            returned: 'default',
            uniqueness: 'none',
            referenceTypes: ['uri'],
          },
        ],
      },
    ],
  });
  const written = defineSchema(URN, body);
  t.strictSame(defineSchema(URN, written), written, 'what is shown can be sent back');
});

t.test('A2 A4 A11 a schema that the server could not work by is refused, naming the attribute', async (t) => {
  const sub = (more: object) => one({ type: 'complex', subAttributes: [{ name: 'b', ...more }] });
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `a${at}` }));
  const cases: [body: unknown, message: RegExp][] = [
    [undefined, /must be an object with "name" and "attributes"/],
    [[], /must be an object/],
    [{ attributes: [] }, /The schema needs "name"/],
    [{ name: 'x' }, /The schema needs "attributes"/],
    [schema([]), /at least one attribute/],
    [schema({}), /"attributes" must be a list/],
    [schema(['a']), /"no\. 1" must be an object/],
    [schema([{ type: 'string' }]), /"no\. 1" needs "name"/],
    [schema([{ name: 'a b' }]), /"a b" is not right: "name" must be a letter/],
    [schema([{ name: '__proto__' }]), /"__proto__" is not right: "name"/],
    [schema([{ name: 'Constructor' }]), /"Constructor" cannot have this name/],
    [schema([{ name: 'toString' }]), /"toString" cannot have this name/],
    ...['schemas', 'ID', 'meta', 'externalId', 'members', 'groups', 'active', 'userName', 'password'].map(
      (name): [unknown, RegExp] => [
        schema([{ name }]),
        new RegExp(`"${name}" cannot have this name, which has a meaning`),
      ],
    ),
    [schema([{ name: 'a' }, { name: 'A' }]), /"A" is there twice/],
    [schema(many(201)), /at most 200 attributes/],
    [
      schema([...many(100), { name: 'c', type: 'complex', subAttributes: many(100) }]),
      /at most 200 attributes/,
    ],
    [one({ type: 'text' }), /"a" is not right: "type" must be one of string, /],
    [one({ colour: 1 }), /"a" has "colour"/],
    [one({ multiValued: 'yes' }), /"multiValued" must be true or false/],
    [one({ canonicalValues: [1] }), /"a" is not right: "canonicalValues" must be a list of texts/],
    [one({ type: 'complex' }), /"a" is complex and needs "subAttributes"/],
    [one({ type: 'complex', uniqueness: 'server', subAttributes: [{ name: 'b' }] }), /neither "caseExact"/],
    [one({ subAttributes: [{ name: 'b' }] }), /so its type must be complex/],
    [one({ referenceTypes: ['uri'] }), /so its type must be reference/],
    [one({ type: 'integer', canonicalValues: ['1'] }), /so its type must be string/],
    [one({ type: 'binary', caseExact: false }), /"caseExact" must be true/],
    [one({ type: 'integer', caseExact: true }), /knows no case/],
    [one({ mutability: 'writeOnly', returned: 'default' }), /"returned" must be never/],
    [one({ required: true, returned: 'never' }), /what is never returned is not kept/],
    [one({ required: true, mutability: 'readOnly' }), /nobody would set it/],
    [sub({ type: 'complex' }), /"a\.b" is not right: "type"/],
    [sub({ name: 'valueOf' }), /"a\.valueOf" cannot have this name/],
    [sub({ uniqueness: 'server' }), /"a\.b" cannot be unique/],
    [one({ uniqueness: 'global' }), /by "server", not by "global"/],
    [one({ uniqueness: 'server' }, { extends: ['User'] }), /values of an extension are not kept unique/],
    [one({ uniqueness: 'server', type: 'integer' }), /can be unique only as a single string/],
    [one({ uniqueness: 'server', caseExact: true }), /can be unique only as a single string/],
    [one({ uniqueness: 'server', multiValued: true }), /can be unique only as a single string/],
    [one({ uniqueness: 'server', mutability: 'readOnly' }), /can be unique only as a single string/],
    [
      schema([
        { name: 'a', uniqueness: 'server' },
        { name: 'b', uniqueness: 'server' },
      ]),
      /"b" cannot be unique beside "a"/,
    ],
    [one({}, { extends: ['User', 'User'] }), /"extends" must be a list of names/],
    [one({}, { id: 'urn:other' }), /must be the URN in the address/],
    [one({}, { colour: 1 }), /The schema has "colour"/],
  ];
  for (const [body, message] of cases) {
    t.match(
      refusalOf(() => defineSchema(URN, body)),
      message,
      JSON.stringify(body)?.slice(0, 100),
    );
  }
  t.ok(defineSchema(URN, schema(many(200))));
  for (const id of [
    '',
    'acme',
    'urn:a:b',
    'urn:acme',
    'urn:acme:',
    'urn:acme::x',
    'urn:acme:a/b',
    'urn:acme:ü',
    `urn:acme:${'x'.repeat(200)}`,
  ])
    t.match(
      refusalOf(() => defineSchema(id, one({}))),
      /known by a URN/,
      id,
    );
  t.match(
    refusalOf(() => defineSchema('urn:ietf:params:scim:api:messages:2.0:X', one({}))),
    /for messages, not schemas/,
    'A2.04',
  );
});

t.test('B10.06 while it is in use a schema can only grow', async (t) => {
  const before = defineSchema(
    URN,
    schema([{ name: 'a' }, { name: 'c', type: 'complex', subAttributes: [{ name: 'd' }] }]),
  );
  const check = (attributes: unknown) => () =>
    checkAdditive(
      before.attributes,
      defineSchema(URN, schema(attributes)).attributes,
      '1 resource has values',
    );
  const c = { name: 'c', type: 'complex', subAttributes: [{ name: 'd' }] };
  const cases: [attributes: unknown[], message: RegExp][] = [
    [[c], /"a" cannot be removed, because 1 resource has values/],
    [[{ name: 'A' }, c], /"a" cannot be removed/],
    [[{ name: 'a', type: 'integer' }, c], /"a" cannot change its "type"/],
    [[{ name: 'a', caseExact: true }, c], /"a" cannot change its "caseExact"/],
    [[{ name: 'a', required: true }, c], /"a" cannot change its "required"/],
    [[{ name: 'a' }, { ...c, subAttributes: [{ name: 'e' }] }], /"c\.d" cannot be removed/],
    [
      [{ name: 'a' }, { ...c, subAttributes: [{ name: 'd' }, { name: 'e', required: true }] }],
      /"c\.e" cannot be added as required/,
    ],
    [[{ name: 'a' }, c, { name: 'b', required: true }], /"b" cannot be added as required/],
    [[{ name: 'a' }, c, { name: 'b', uniqueness: 'server' }], /"b" cannot be added as unique/],
  ];
  for (const [attributes, message] of cases) t.match(refusalOf(check(attributes)), message);
  t.doesNotThrow(
    check([
      { name: 'b' },
      { ...c, subAttributes: [{ name: 'd', description: 'D' }, { name: 'e' }] },
      { name: 'a', canonicalValues: ['x'] },
    ]),
  );
});

t.test('A10 a resource type that could not be addressed is refused', async (t) => {
  const good = { endpoint: '/Printers', schema: 'urn:example:Printer' };
  t.strictSame(defineResourceType('Printer', good), {
    id: 'Printer',
    name: 'Printer',
    description: '',
    ...good,
    schemaExtensions: [],
  });
  for (const name of ['', 'a b', 'Me', 'bulk', 'Schema', 'constructor', 'ü', 'x'.repeat(64)])
    t.match(
      refusalOf(() => defineResourceType(name, good)),
      /A resource type has a name/,
      name,
    );
  for (const endpoint of ['', 'Printers', '/', '/a/b', '/.search', '/a?b', '/__proto__', 1])
    t.match(
      refusalOf(() => defineResourceType('Printer', { ...good, endpoint })),
      /"endpoint" must be a slash/,
    );
  for (const endpoint of ['/Me', '/bulk', '/Schemas', '/ResourceTypes', '/ServiceProviderConfig'])
    t.match(
      refusalOf(() => defineResourceType('Printer', { ...good, endpoint })),
      /used by SCIM itself/,
    );
  t.match(
    refusalOf(() => defineResourceType('Printer', undefined)),
    /must be an object/,
  );
  t.match(
    refusalOf(() => defineResourceType('Printer', { endpoint: '/P' })),
    /needs "schema"/,
  );
  t.match(
    refusalOf(() => defineResourceType('Printer', { ...good, colour: 1 })),
    /"colour" is not known here/,
  );
  t.match(
    refusalOf(() => defineResourceType('Printer', { ...good, name: 'P' })),
    /must be the one in the address/,
  );
});
