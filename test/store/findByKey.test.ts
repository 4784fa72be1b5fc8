import fc from 'fast-check';
import t from 'tap';
import { readFilter } from '../../src/scim/filter/read.ts';
import { ScimError } from '../../src/scim/errors.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { keyIn } from '../../src/store/findByKey.ts';
import { addTenant, type Directory, Group, openDirectory, User } from '../support/directory.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 400);
if (process.env['PROPERTY_RUNS'] !== undefined) t.setTimeout(0);
const leniency = createLeniency('tolerant');
const keyOf = (filter: string, type = User) => keyIn(readFilter(type, filter, leniency));

t.test('a filter that names one resource, or a value that few have, is a key', (t) => {
  const id = '0190a000-0000-7000-8000-00000000000a';
  t.same(keyOf(`id eq "${id}"`), { by: 'id', value: id });
  t.same(keyOf('userName eq "ADA"'), { by: 'key', value: 'ada' });
  t.same(keyOf('displayName eq "Staff"', Group), { by: 'key', value: 'staff' });
  t.same(keyOf('externalId eq "E-1"'), { by: 'external_id', value: 'E-1' });
  const work = { by: 'value', value: '{"emails":[{"type":"work","value":"a@b.org"}]}' };
  t.same(keyOf('emails[type eq "work" and value eq "a@b.org"]'), work);
  t.same(keyOf('emails[type eq "work"].value eq "a@b.org"'), work);
  t.same(keyOf('emails.value eq "A@b.org"'), { by: 'value', value: '{"emails":[{"value":"a@b.org"}]}' });
  t.end();
});

t.test('any other filter is none', (t) => {
  for (const filter of [
    'id eq "no id"',
    'userName ne "ada"',
    'userName sw "ada"',
    'userName pr',
    'not (userName eq "ada")',
    'userName eq "ada" and active eq true',
    'userName eq "ada" or userName eq "eve"',
    'active eq true',
    'title eq "Sir"',
    'displayName eq "Ada"',
    'emails[type eq "work"]',
    'emails[value co "a"]',
    'emails.type eq "work"',
    'emails[value eq "a" or value eq "b"]',
    'not (emails.value eq "a")',
  ])
    t.equal(keyOf(filter), undefined, filter);
  t.equal(keyOf('members.value eq "0190a000-0000-7000-8000-00000000000a"', Group), undefined);
  t.end();
});

const NAMES = [
  'ada',
  'Ada',
  'ADA',
  'eve',
  'Émile',
  'émile',
  'émile',
  'ken',
  'gone',
  '',
  ' ada',
  'a"b',
  'a\\b',
];
const EXTERNAL = ['e-1', 'E-1', 'e-2', 'é', 'é', 'gone', ''];
const MAILS = ['a@b.org', 'A@B.ORG', 'shared@b.org', 'é@b.org', 'gone@b.org', ''];
const TYPES = ['work', 'WORK', 'home', 'other'];

const quoted = (value: string): string => JSON.stringify(value);
const oneOf = (values: readonly string[]) =>
  fc.oneof(fc.constantFrom(...values), fc.string({ maxLength: 4 }));

const query = fc.record({
  filter: fc.oneof(
    oneOf(NAMES).map((name) => ({ type: User, text: `userName eq ${quoted(name)}` })),
    oneOf(['Staff', 'STAFF', 'Crew', 'nobody']).map((name) => ({
      type: Group,
      text: `displayName eq ${quoted(name)}`,
    })),
    fc
      .tuple(fc.constantFrom(User, Group), oneOf(EXTERNAL))
      .map(([type, value]) => ({ type, text: `externalId eq ${quoted(value)}` })),
    fc
      .tuple(fc.constantFrom(User, Group), fc.nat(30), fc.boolean())
      .map(([type, at, upper]) => ({ type, text: `id eq "{${upper ? 'ID' : 'id'} ${at}}"` })),
    oneOf(MAILS).map((mail) => ({ type: User, text: `emails.value eq ${quoted(mail)}` })),
    fc.tuple(oneOf(MAILS), fc.constantFrom(...TYPES)).map(([mail, kind]) => ({
      type: User,
      text: `emails[type eq ${quoted(kind)}].value eq ${quoted(mail)}`,
    })),
    fc.tuple(oneOf(MAILS), fc.constantFrom(...TYPES)).map(([mail, kind]) => ({
      type: User,
      text: `emails[value eq ${quoted(mail)} and type eq ${quoted(kind)} and primary eq true]`,
    })),
  ),
  startIndex: fc.option(fc.integer({ min: -1, max: 5 }), { nil: undefined }),
  count: fc.option(fc.integer({ min: -1, max: 3 }), { nil: undefined }),
  shown: fc.constantFrom(
    {},
    { attributes: 'userName,displayName' },
    { attributes: 'groups,members' },
    {
      excludedAttributes: 'groups,members',
    },
  ),
});

/** People and groups with much in common, some of them deleted. */
async function fill(directory: Directory): Promise<string[]> {
  const ids: string[] = [];
  const people = ['ada', 'eve', 'Émile', 'ken', 'a"b', 'a\\b', 'x1', 'x2', 'x3', 'x4', 'gone'];
  for (const [n, userName] of people.entries()) {
    const { id } = await directory.create(User, {
      schemas: [User.schema],
      userName,
      externalId: userName === 'gone' ? 'gone' : EXTERNAL[n % 5],
      active: n % 3 !== 0,
      emails: [
        {
          value: userName === 'gone' ? 'gone@b.org' : MAILS[n % 4],
          type: TYPES[n % 4],
          primary: n % 2 === 0,
        },
        ...(n % 2 === 0 ? [{ value: 'shared@b.org', type: 'home' }] : []),
      ],
    });
    ids.push(id);
  }
  const members = ids.slice(0, 4).map((value) => ({ value }));
  for (const [displayName, externalId] of [
    ['Staff', 'e-1'],
    ['Crew', 'e-1'],
    ['Émile', 'e-2'],
  ]) {
    const body = { schemas: [Group.schema], displayName, externalId, members };
    ids.push((await directory.create(Group, body)).id);
  }
  const nested = [{ op: 'add', path: 'members', value: [{ value: ids.at(-2) }] }];
  await directory.patch(Group, ids.at(-1) as string, nested);
  await directory.remove(User, ids[people.length - 1] as string);
  return ids;
}

t.test('what is found by a key is what the list finds, page by page, whatever is shown of it', async (t) => {
  const directory = await openDirectory(t);
  const ids = await fill(directory);
  let found = 0;
  let beyond = 0;
  await fc.assert(
    fc.asyncProperty(query, async ({ filter: { type, text }, startIndex, count, shown }) => {
      const filter = text.replace(/\{(ID|id) (\d+)\}/, (_, letters: string, at: string) => {
        const id = ids[Number(at) % (ids.length + 1)] ?? '0190a000-0000-7000-8000-00000000000a';
        return letters === 'ID' ? id.toUpperCase() : id;
      });
      const parameters = {
        ...shown,
        ...(startIndex !== undefined && { startIndex: String(startIndex) }),
        ...(count !== undefined && { count: String(count) }),
      };
      const answer = (asked: string): Promise<unknown> =>
        directory.list(type, { ...parameters, filter: asked }).catch((error: unknown) => {
          if (!(error instanceof ScimError)) throw error;
          return [error.status, error.scimType, error.message];
        });
      const [byKey, listed] = [await answer(filter), await answer(`(${filter}) and id pr`)];
      const { total = 0, resources = [] } = byKey as { total?: number; resources?: readonly unknown[] };
      found += resources.length > 0 ? 1 : 0;
      beyond += total > 0 && resources.length === 0 ? 1 : 0;
      t.strictSame(byKey, listed, `${filter} ${JSON.stringify(parameters)}`);
      return t.passing();
    }),
    { numRuns: RUNS },
  );
  t.ok(found > RUNS / 20, `${found} found something`);
  t.ok(beyond > 0, `${beyond} asked for nothing, or beyond the last`);
});

t.test('B15.03 a key that another tenant has is not found', async (t) => {
  const directory = await openDirectory(t);
  const other = await addTenant(directory.connection, 'two');
  const { id } = await other.create(User, {
    schemas: [User.schema],
    userName: 'ada',
    externalId: 'e-1',
    emails: [{ value: 'a@b.org' }],
  });
  for (const filter of [
    `id eq "${id}"`,
    'userName eq "ada"',
    'externalId eq "e-1"',
    'emails.value eq "a@b.org"',
  ]) {
    t.equal((await other.list(User, { filter })).total, 1, filter);
    t.equal((await directory.list(User, { filter })).total, 0, filter);
    t.equal((await other.list(Group, { filter: filter.replace(/^(userName|emails).*/, 'id pr') })).total, 0);
  }
});
