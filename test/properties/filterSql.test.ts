import fc from 'fast-check';
import t from 'tap';
import { matches } from '../../src/scim/filter/match.ts';
import { readFilter } from '../../src/scim/filter/read.ts';
import type { Resource } from '../../src/scim/resource/resource.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { openDirectory, User } from '../support/directory.ts';
import { elementsOf, valuesOf } from '../support/memoryValues.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2_000);
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

// Few values, so that they meet; odd ones, so that escaping and folding count.
const text = fc.constantFrom(
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
  'ΟΔΟΣ',
  'οδός',
  '😀',
  '\uffee',
  'x y',
  '--',
  '$1',
);
const email = fc.record(
  { value: text, type: fc.constantFrom('work', 'home', 'Work'), primary: fc.boolean(), display: text },
  { requiredKeys: [] },
);
const user = fc.record(
  {
    title: text,
    nickName: text,
    externalId: text,
    active: fc.boolean(),
    name: fc.record({ givenName: text, familyName: text }, { requiredKeys: [] }),
    emails: fc.array(email, { maxLength: 3 }),
    roles: fc.array(fc.record({ value: text }), { maxLength: 2 }),
    [ENTERPRISE]: fc.record({ department: text, manager: fc.record({ value: text }) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

const quoted = text.map((value) => JSON.stringify(value));
const operator = fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le');
const plain = fc.constantFrom(
  'title',
  'nickName',
  'externalId',
  'userName',
  'name.givenName',
  'name.familyName',
  'emails',
  'emails.value',
  'emails.type',
  'emails.display',
  'roles.value',
  `${ENTERPRISE}:department`,
  `${ENTERPRISE}:manager`,
);
const comparison = (path: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(path, operator, quoted).map((parts) => parts.join(' '));
const condition = fc.oneof(
  { weight: 6, arbitrary: comparison(plain) },
  {
    weight: 2,
    arbitrary: fc.tuple(plain, fc.constantFrom('pr', 'eq null', 'ne null')).map((parts) => parts.join(' ')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('active', 'emails.primary'),
        fc.constantFrom('eq', 'ne'),
        fc.constantFrom('true', 'false'),
      )
      .map((parts) => parts.join(' ')),
  },
);
const inner = fc.oneof(
  comparison(fc.constantFrom('value', 'type', 'display')),
  fc
    .tuple(fc.constantFrom('value', 'type', 'display', 'primary'), fc.constant('pr'))
    .map((parts) => parts.join(' ')),
  fc
    .tuple(fc.constant('primary'), fc.constantFrom('eq', 'ne'), fc.constantFrom('true', 'false'))
    .map((parts) => parts.join(' ')),
);
const tree = (leaf: fc.Arbitrary<string>, depth: number): fc.Arbitrary<string> =>
  depth === 0
    ? leaf
    : fc.oneof(
        { weight: 2, arbitrary: leaf },
        {
          weight: 1,
          arbitrary: fc
            .tuple(tree(leaf, depth - 1), fc.constantFrom('and', 'or'), tree(leaf, depth - 1))
            .map((parts) => `(${parts.join(' ')})`),
        },
        { weight: 1, arbitrary: tree(leaf, depth - 1).map((filter) => `not (${filter})`) },
      );
const filters = tree(
  fc.oneof(
    { weight: 3, arbitrary: condition },
    { weight: 1, arbitrary: tree(inner, 2).map((filter) => `emails[${filter}]`) },
  ),
  3,
);

t.test('B4 a filter selects in SQL what it selects in memory', async (t) => {
  const directory = await openDirectory(t);
  const bodies = fc.sample(user, { numRuns: 60, seed: 7 });
  const resources: Resource[] = [];
  for (const [index, body] of bodies.entries()) {
    const suffix = ['a', 'B', 'ß', 'é', '%'][index % 5];
    resources.push(
      await directory.create(User, { schemas: [User.schema], userName: `u${index}${suffix}`, ...body }),
    );
  }
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      const bound = readFilter(User, filter, createLeniency('tolerant'));
      const expected = resources.filter((resource) =>
        matches(bound, valuesOf(resource), elementsOf(resource)),
      );
      const found = await directory.list(User, { filter, count: '1000' });
      if (
        found.total !== expected.length ||
        found.resources.some(({ id }, index) => id !== expected[index]?.id)
      ) {
        const missing = expected.filter(({ id }) => !found.resources.some((other) => other.id === id));
        const surplus = found.resources.filter(({ id }) => !expected.some((other) => other.id === id));
        throw new Error(
          `missing ${JSON.stringify(missing.map(({ document }) => document))}, surplus ${JSON.stringify(surplus.map(({ document }) => document))}`,
        );
      }
    }),
    { numRuns: RUNS },
  );
  t.pass(`${RUNS} filters`);
});
