/** Extension schemas made from what clients send. */
import fc from 'fast-check';
import t from 'tap';
import { createIntake } from '../../src/scim/resource/intake.ts';
import { defineSchema } from '../../src/scim/schema/defineSchema.ts';
import { readyMade, type Seen } from '../../src/scim/schema/readyMade.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { CORE_USER, ENTERPRISE, shipped, User } from '../support/protocol.ts';

const OWN = 'urn:ietf:params:scim:schemas:extension:acme:2.0:User';

const made = (seen: readonly Seen[], slug = 'acme') =>
  readyMade(
    {
      slug,
      registry: shipped,
      shipped: shipped.definitions,
      own: { schemas: [], resourceTypes: [], switchedOn: [] },
      leniency: createLeniency('tolerant'),
    },
    seen,
  );
const of = (name: string, type: string, resourceType = 'User'): Seen => ({ resourceType, name, type });
const shapeOf = (...seen: Seen[]) => {
  const [attribute] = made(seen).schemas[0]?.attributes ?? [];
  const { type, multiValued, subAttributes } = attribute ?? {};
  return [type, multiValued, subAttributes?.map((sub) => `${sub.name} ${sub.type}`)];
};

t.test('D4-15 an attribute is declared as what fits all values that were seen', async (t) => {
  t.strictSame(shapeOf(of('a', 'string')), ['string', false, undefined]);
  t.strictSame(shapeOf(of('a', 'number')), ['decimal', false, undefined]);
  t.strictSame(shapeOf(of('a', 'boolean'), of('a', 'null')), ['boolean', false, undefined]);
  t.strictSame(shapeOf(of('a', 'boolean'), of('A', 'number')), ['string', false, undefined]);
  t.strictSame(shapeOf(of('a', 'array'), of('a', 'string')), ['string', true, undefined]);
  t.strictSame(shapeOf(of('a', 'object'), of('a.b', 'number')), ['complex', false, ['b decimal']]);
  t.strictSame(shapeOf(of('a', 'string'), of('a.b', 'number')), [
    'complex',
    false,
    ['b decimal', 'value string'],
  ]);
  t.strictSame(shapeOf(of('a[].Value', 'string')), [
    'complex',
    true,
    ['Value string', 'display string', 'type string', 'primary boolean'],
  ]);
  t.strictSame(shapeOf(of('a.$ref', 'string'), of('a.b', 'object'), of('a.b.c', 'string')), [
    'complex',
    false,
    ['$ref reference'],
  ]);
});

t.test('D4-15 what no extension can declare says so', async (t) => {
  const names = [
    'members',
    'name.prefixes',
    `${ENTERPRISE}:building`,
    `${CORE_USER}:hat`,
    'constructor',
    'a.constructor',
    'a b',
    '1a',
    'urn:x',
    'urn:ietf:params:scim:api:messages:2.0:X:a',
  ];
  for (const name of names)
    t.strictSame(made([of(name, 'string')]), {
      undeclared: [{ ...of(name, 'string'), schema: null }],
      schemas: [],
    });
  t.match(made([of('a', 'null'), of('b', 'array'), of('c', 'object')]), {
    undeclared: [{ schema: null }, { schema: null }, { schema: null }],
    schemas: [],
  });
  t.match(made([of('a', 'string', 'Printer')]).undeclared, [{ schema: null }], 'its resource type is gone');
  t.same(
    made([of('userName', 'string'), of('department', 'string')]).undeclared,
    [],
    'what is declared is not listed',
  );
});

t.test('D4-15 schemas are named after the tenant, and never like one of the server', async (t) => {
  const ids = (seen: readonly Seen[], slug?: string) => made(seen, slug).schemas.map(({ id }) => id);
  t.same(ids([of('a', 'string'), of('a', 'string', 'Group')]), [OWN, OWN.replace('User', 'Group')]);
  t.same(ids([of('a', 'string')], 'enterprise'), [ENTERPRISE.replace('enterprise', 'enterprise-own')]);
  t.same(ids([of('urn:xy:custom:User:a', 'string'), of('urn:xy:1.0:User:a', 'string')]), [
    'urn:xy:custom:User',
    'urn:xy:1.0:User',
  ]);
  const many = made(Array.from({ length: 300 }, (_, at) => of(`a${at}`, 'string')));
  t.equal(many.schemas[0]?.attributes.length, 200);
  t.equal(many.undeclared.filter(({ schema }) => schema === null).length, 100);
});

t.test('D4-15 whatever was sent, the schema made of it can be added', async (t) => {
  const key = fc.oneof(
    fc.constantFrom(
      'a',
      'A',
      'b',
      '$ref',
      'value',
      'type',
      '__proto__',
      'constructor',
      'urn:xy:2.0:User',
      'urn:xy:User',
      'id',
      'x.y',
      '',
    ),
    fc.string(),
  );
  const value = fc.jsonValue({ maxDepth: 3 });
  const body = fc.dictionary(
    key,
    fc.oneof(value, fc.dictionary(key, value), fc.array(fc.dictionary(key, value))),
  );
  fc.assert(
    fc.property(body, (given) => {
      const intake = createIntake(createLeniency('tolerant')).of(User);
      for (const [name, part] of Object.entries(given)) intake.undeclared(name, part);
      const { schemas, undeclared } = made(intake.noted);
      for (const schema of schemas) t.strictSame(defineSchema(schema.id, schema), schema);
      return undeclared.every(({ schema }) => schema === null || schemas.some(({ id }) => id === schema));
    }),
    { numRuns: 300 },
  );
});
