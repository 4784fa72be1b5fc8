/**
 * SQL ≡ matcher: what a filter selects in PostgreSQL is what it is true of in memory. PROPERTY_RUNS says how many
 * filters are tried in each test; the standard number is for every run, a hundred thousand for now and then.
 */
import fc from 'fast-check';
import t from 'tap';
import { matches } from '../../src/scim/filter/match.ts';
import { readFilter } from '../../src/scim/filter/read.ts';
import type { Member, Resource } from '../../src/scim/resource/resource.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { compileWhere } from '../../src/store/where.ts';
import { openDirectory, User } from '../support/directory.ts';
import { elementsOf, valuesOf } from '../support/memoryValues.ts';
import { insertResources } from '../support/rows.ts';
import { idAt, type Row, worlds } from './worlds.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2_000);
// A long run has all the time it needs.
if (process.env['PROPERTY_RUNS'] !== undefined) t.setTimeout(0);
const seed = process.env['PROPERTY_SEED'];
const settings = seed === undefined ? {} : { seed: Number(seed) };
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

t.test('B4a B4b B4.21 a filter selects in SQL what it selects in memory', async (t) => {
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
    { ...settings, numRuns: RUNS },
  );
  t.pass(`${RUNS} filters`);
});

/** The rows as resources, with the other ends of member rows in both directions. */
function resourcesOf(type: ResourceType, rows: readonly Row[]): Resource[] {
  const at = (position: number): Member => {
    const { displayName, userName } = (rows[position] as Row).document;
    return { id: idAt(position), type, display: (displayName ?? userName) as string | undefined };
  };
  const groupsOf = (position: number): number[] =>
    rows.flatMap(({ members }, group) => (members.includes(position) ? [group] : []));
  const groupsAbove = (position: number): number[] => {
    const above = new Set<number>();
    for (let next = groupsOf(position); next.length > 0; next = next.flatMap(groupsOf)) {
      next = next.filter((group) => !above.has(group));
      for (const group of next) above.add(group);
    }
    return [...above];
  };
  return rows.map(({ members, ...row }, position) => ({
    ...row,
    id: idAt(position),
    members: members.filter((member) => member < rows.length).map(at),
    groups: groupsAbove(position).map((group) => ({
      ...at(group),
      direct: groupsOf(position).includes(group),
    })),
  }));
}

const FILTERS = 25;

t.test(
  'B4b a filter on a resource type of any schema selects in SQL what it selects in memory',
  async (t) => {
    const { connection, tenantId } = await openDirectory(t);
    const db = connection.forTenant(tenantId);
    const fill = async (type: ResourceType, resources: readonly Resource[]): Promise<void> => {
      await connection.pool.query('delete from rollcall_data.members');
      await connection.pool.query('delete from rollcall_data.resources');
      await insertResources(connection, tenantId, type, resources);
    };
    let tried = 0;
    let found = 0;
    await fc.assert(
      fc.asyncProperty(worlds(FILTERS), async ({ type, rows, filters: texts }) => {
        const resources = resourcesOf(type, rows);
        await fill(type, resources);
        for (const filter of texts) {
          const bound = readFilter(type, filter, createLeniency('strict'));
          const expected = resources
            .filter((resource) => matches(bound, valuesOf(resource, type), elementsOf(resource)))
            .map(({ id }) => id);
          const selected = await db
            .selectFrom('rollcall_data.resources as r')
            .where('r.tenant_id', '=', tenantId)
            .where('r.type', '=', type.name)
            .where(compileWhere(tenantId, type, bound))
            .select('r.id')
            .orderBy('r.id')
            .execute();
          const got = selected.map(({ id }) => id);
          tried += 1;
          if (got.length > 0 && got.length < resources.length) found += 1;
          if (got.join() !== expected.join()) {
            const odd = resources.filter(({ id }) => got.includes(id) !== expected.includes(id));
            throw new Error(
              `${filter}: SQL has ${got.length}, memory ${expected.length}; they differ on ${JSON.stringify(odd)}`,
            );
          }
        }
      }),
      { ...settings, numRuns: Math.ceil(RUNS / 10) },
    );
    t.ok(found > tried / 10, `${tried} filters, ${found} of which tell resources apart`);
  },
);
