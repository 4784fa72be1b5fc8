import t from 'tap';
import { openApp } from '../support/app.ts';
import { ENTERPRISE, refused, sorted, USER } from './client.ts';
import { BOTH, HOME, openHarness, WORK } from './patchVectors.ts';

const { clients, person, hold } = await openHarness(await openApp(t));

t.test('D5 B6.08 B6.09 D4-12 D4-27 A5.03 add sets, appends, and knows what is there', (t) =>
  hold(t, [
    { ops: [{ op: 'add', path: 'nickName', value: 'B' }], leaves: { nickName: 'B', title: 'Guide' } },
    {
      ops: [{ op: 'add', path: 'emails', value: [{ type: 'other', value: 'x@y.z', primary: true }] }],
      leaves: {
        emails: [{ ...WORK, primary: false }, HOME, { type: 'other', value: 'x@y.z', primary: true }],
      },
    },
    { ops: [{ op: 'add', path: 'emails', value: [{ type: 'work', value: 'bj@example.com' }] }] },
    {
      ops: [{ op: 'add', path: 'emails', value: { type: 'WORK', value: 'BJ@example.com' } }],
      leaves: { emails: [{ type: 'WORK', value: 'BJ@example.com', primary: true }, HOME] },
    },
    {
      ops: [{ op: 'add', path: 'emails', value: [{ type: 'home', value: 'bj@home.org', display: 'Home' }] }],
      leaves: { emails: [WORK, { ...HOME, display: 'Home' }] },
    },
    {
      ops: [{ op: 'add', value: { name: { givenName: 'Al' } } }],
      leaves: { name: { formatted: 'Ms. B', familyName: 'Jensen', givenName: 'Al' } },
    },
    {
      ops: [{ op: 'add', path: 'roles', value: [{ value: 'admin' }] }],
      leaves: { roles: [{ value: 'admin' }] },
    },
  ]),
);

t.test('D5 B6a D4-8 D4-11 B6.10 A5.05 replace sets, merges what is complex, and clears by null', (t) =>
  hold(t, [
    {
      ops: [{ op: 'replace', path: 'name', value: { familyName: 'J' } }],
      leaves: { name: { formatted: 'Ms. B', familyName: 'J' } },
    },
    { ops: [{ op: 'replace', path: 'nickName', value: 'new' }], leaves: { nickName: 'new' } },
    { ops: [{ op: 'replace', path: 'emails', value: [] }], leaves: { emails: undefined } },
    { ops: [{ op: 'replace', path: 'title', value: null }], leaves: { title: undefined } },
    {
      ops: [{ op: 'replace', path: 'emails', value: [{ value: 'n@n.n' }] }],
      leaves: { emails: [{ value: 'n@n.n' }] },
    },
    {
      ops: [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'h@h.h' }],
      leaves: { emails: [WORK, { type: 'home', value: 'h@h.h' }] },
    },
    {
      once: true,
      ops: [{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@n.n' } }],
      leaves: { emails: [{ value: 'n@n.n' }, HOME] },
    },
    {
      ops: [{ op: 'replace', value: { title: 'Lead', active: false } }],
      leaves: { title: 'Lead', active: false, userType: 'Employee' },
    },
  ]),
);

t.test('D5 B6.03 D4-9 remove unassigns what its path selects, and is content when that is nothing', (t) =>
  hold(t, [
    { ops: [{ op: 'remove', path: 'title' }], leaves: { title: undefined } },
    { ops: [{ op: 'remove', path: 'nickName' }] },
    { ops: [{ op: 'remove', path: 'emails[type eq "fax"]' }] },
    { ops: [{ op: 'remove', path: 'emails[type eq "fax"].value' }] },
    { ops: [{ op: 'remove', path: 'emails[value ew "home.org"]' }], leaves: { emails: [WORK] } },
    { ops: [{ op: 'remove', path: 'emails' }], leaves: { emails: undefined } },
    { ops: [{ op: 'remove', path: 'name.formatted' }], leaves: { name: { familyName: 'Jensen' } } },
    { ops: [{ op: 'remove', path: 'name' }], leaves: { name: undefined } },
    {
      ops: [{ op: 'remove', path: 'emails[type eq "home"].type' }],
      leaves: { emails: [WORK, { value: 'bj@home.org' }] },
    },
    { ops: [{ op: 'remove' }], refused: 'noTarget' },
    { ops: [{ op: 'remove', path: '' }], refused: 'noTarget' },
  ]),
);

t.test(
  'D5 D4-6 D4-7 B6a a filter that selects nothing is noTarget in strict mode, and makes the element otherwise',
  (t) => {
    const fax = { type: 'fax', value: 'x' };
    const ops = (op: string, path: string, value: unknown) => [{ op, path, value }];
    return hold(t, [
      { mode: 'strict', ops: ops('replace', 'emails[type eq "fax"].value', 'x'), refused: 'noTarget' },
      { mode: 'strict', ops: ops('add', 'emails[type eq "fax"].value', 'x'), refused: 'noTarget' },
      { mode: 'strict', ops: ops('replace', 'emails[type eq "fax"]', { value: 'x' }), refused: 'noTarget' },
      {
        mode: 'tolerant',
        ops: ops('replace', 'emails[type eq "fax"].value', 'x'),
        leaves: { emails: [WORK, HOME, fax] },
      },
      {
        mode: 'tolerant',
        ops: ops('add', 'emails[type eq "fax"].value', 'x'),
        leaves: { emails: [WORK, HOME, fax] },
      },
      {
        mode: 'tolerant',
        ops: ops('add', 'emails[type eq "fax"]', { value: 'x' }),
        leaves: { emails: [WORK, HOME, fax] },
      },
      { ops: ops('replace', 'emails[type sw "fax"].value', 'x'), refused: 'noTarget' },
    ]);
  },
);

t.test('D5 B6a D4-13 A5.02 B6.07 a sub-attribute of a list is that of every element that is selected', (t) =>
  hold(t, [
    {
      ops: [{ op: 'replace', path: 'emails.display', value: 'd' }],
      leaves: {
        emails: [
          { ...WORK, display: 'd' },
          { ...HOME, display: 'd' },
        ],
      },
    },
    {
      ops: [{ op: 'add', path: 'emails[value pr].display', value: 'd' }],
      leaves: {
        emails: [
          { ...WORK, display: 'd' },
          { ...HOME, display: 'd' },
        ],
      },
    },
    {
      ops: [{ op: 'replace', path: 'emails[type eq "home"].primary', value: true }],
      leaves: {
        emails: [
          { ...WORK, primary: false },
          { ...HOME, primary: true },
        ],
      },
    },
    {
      ops: [{ op: 'add', path: 'emails[type eq "home"]', value: { primary: true } }],
      leaves: {
        emails: [
          { ...WORK, primary: false },
          { ...HOME, primary: true },
        ],
      },
    },
    {
      ops: [{ op: 'remove', path: 'emails.type' }],
      leaves: { emails: [{ value: 'bj@example.com', primary: true }, { value: 'bj@home.org' }] },
    },
  ]),
);

t.test('D5 B6.05 B6.06 D4-19 A4.02 A4.04 A5.01 what is readOnly or required is mutability', async (t) => {
  await hold(t, [
    { ops: [{ op: 'remove', path: 'userName' }], refused: 'mutability' },
    { ops: [{ op: 'replace', path: 'userName', value: null }], refused: 'mutability' },
    { ops: [{ op: 'replace', path: 'id', value: 'other' }], refused: 'mutability' },
    { ops: [{ op: 'replace', path: 'meta.version', value: 'W/"9"' }], refused: 'mutability' },
    { ops: [{ op: 'add', path: 'groups', value: [{ value: 'g' }] }], refused: 'mutability' },
    { ops: [{ op: 'remove', path: 'groups' }], refused: 'mutability' },
    { ops: [{ op: 'remove', path: 'id' }], refused: 'mutability' },
    { ops: [{ op: 'remove', path: 'schemas' }], refused: 'mutability' },
    {
      ops: [{ op: 'replace', path: `${ENTERPRISE}:manager.displayName`, value: 'x' }],
      refused: 'mutability',
    },
  ]);
  for (const mode of BOTH) {
    const user = await person(mode);
    const echo = await clients[mode].patch(`/Users/${user['id'] as string}`, [
      { op: 'replace', value: { id: user['id'], displayName: 'D' } },
    ]);
    t.match(
      [echo.status, echo.body['displayName']],
      [200, 'D'],
      `${mode}: an id that is the same is no change`,
    );
    const other = await clients[mode].patch(`/Users/${user['id'] as string}`, [
      { op: 'replace', value: { id: 'x' } },
    ]);
    t.equal(refused(other, 400, 'mutability'), '', mode);
  }
});

t.test('D5 B6.03 B6.10 D4-15 a path or value that cannot be read is refused by its kind', (t) =>
  hold(t, [
    { ops: [{ op: 'replace', path: 'emails[type eq "work" .value', value: 'x' }], refused: 'invalidPath' },
    { ops: [{ op: 'replace', path: 'emails[type zz "work"].value', value: 'x' }], refused: 'invalidFilter' },
    { ops: [{ op: 'replace', path: 'emails[0].value', value: 'x' }], refused: 'invalidPath' },
    { ops: [{ op: 'replace', path: 'emails[foo eq "x"].value', value: 'x' }], refused: 'invalidFilter' },
    { ops: [{ op: 'replace', path: 'title..x', value: 'x' }], refused: 'invalidPath' },
    { ops: [{ op: 'replace', path: 'title.', value: 'x' }], refused: 'invalidPath' },
    { ops: [{ op: 'replace', path: '!!', value: 'x' }], refused: 'invalidPath' },
    { ops: [{ op: 'replace', path: 7, value: 'x' }], refused: 'invalidPath' },
    { mode: 'strict', ops: [{ op: 'replace', path: 'foo', value: 'x' }], refused: 'invalidPath' },
    { mode: 'tolerant', ops: [{ op: 'replace', path: 'foo', value: 'x' }] },
    { mode: 'strict', ops: [{ op: 'replace', path: 'active', value: 'False' }], refused: 'invalidValue' },
    { mode: 'tolerant', ops: [{ op: 'replace', path: 'active', value: 'False' }], leaves: { active: false } },
    { ops: [{ op: 'replace', path: 'active', value: 'perhaps' }], refused: 'invalidValue' },
    { ops: [{ op: 'replace', path: 'name', value: [1, 2] }], refused: 'invalidValue' },
    { ops: [{ op: 'replace', path: 'title', value: { a: 1 } }], refused: 'invalidValue' },
    { ops: [{ op: 'add', path: 'title' }], refused: 'invalidValue' },
    { ops: [{ op: 'replace', path: 'title' }], refused: 'invalidValue' },
    { ops: [{ op: 'replace', value: 'x' }], refused: 'invalidValue' },
    { ops: [{ op: 'add', path: 'title', value: 'a\u0000b' }], refused: 'invalidValue' },
  ]),
);

t.test(
  'D5 B6.11 B6.14 A2.07 A1.03 an attribute of an extension brings its URN, and takes it away',
  async (t) => {
    const department = `${ENTERPRISE}:department`;
    for (const mode of BOTH) {
      const client = clients[mode];
      const url = `/Users/${(await person(mode))['id'] as string}`;
      const added = await client.patch(url, [{ op: 'add', path: department, value: 'X' }]);
      t.same(added.body[ENTERPRISE], { department: 'X' }, mode);
      t.same(sorted(added.body['schemas'] as string[]), sorted([USER, ENTERPRISE]), mode);
      const removed = await client.patch(url, [{ op: 'remove', path: department }]);
      t.same([removed.body[ENTERPRISE], removed.body['schemas']], [undefined, [USER]], mode);
      const container = await client.patch(url, [
        { op: 'add', value: { [ENTERPRISE]: { costCenter: '7' } } },
      ]);
      t.same(container.body[ENTERPRISE], { costCenter: '7' }, mode);
      const qualified = await client.patch(url, [{ op: 'replace', value: { [department]: 'Y' } }]);
      t.same(qualified.body[ENTERPRISE], { costCenter: '7', department: 'Y' }, mode);
      const whole = await client.patch(url, [{ op: 'remove', path: ENTERPRISE }]);
      t.same([whole.body[ENTERPRISE], whole.body['schemas']], [undefined, [USER]], mode);
      const said = await client.patch(url, [{ op: 'add', path: 'schemas', value: [USER, ENTERPRISE] }]);
      t.same([said.status, said.body['schemas']], [200, [USER]], `${mode}: schemas follows what is in use`);
    }
  },
);

t.test('B6.14 a dotted key in a path-less value is understood, and refused in strict mode', (t) =>
  hold(t, [
    {
      mode: 'tolerant',
      ops: [{ op: 'replace', value: { 'name.givenName': 'Al' } }],
      leaves: { name: { formatted: 'Ms. B', familyName: 'Jensen', givenName: 'Al' } },
    },
    { mode: 'strict', ops: [{ op: 'replace', value: { 'name.givenName': 'Al' } }], refused: 'invalidPath' },
  ]),
);

t.test(
  'D4-15 a key of a path-less value that cannot be a name is ignored like any that is not declared',
  (t) =>
    hold(
      t,
      ['_custom', 'shoe size', '1st', 'title.', '!!', 'a"b', ''].flatMap((key) => [
        {
          mode: 'tolerant',
          ops: [{ op: 'replace', value: { title: 'Lead', [key]: 'x' } }],
          leaves: { title: 'Lead' },
        },
        {
          mode: 'strict',
          ops: [{ op: 'replace', value: { title: 'Lead', [key]: 'x' } }],
          refused: 'invalidSyntax',
        },
      ]),
    ),
);

t.test('D5 B6.02 B11.05 operations apply in order, and all or none', async (t) => {
  await hold(t, [
    {
      ops: [
        { op: 'add', path: 'title', value: 'a' },
        { op: 'replace', path: 'title', value: 'b' },
        { op: 'add', path: 'emails', value: [{ type: 'other', value: 'o@o.o' }] },
        { op: 'replace', path: 'emails[type eq "other"].display', value: 'O' },
      ],
      leaves: { title: 'b', emails: [WORK, HOME, { type: 'other', value: 'o@o.o', display: 'O' }] },
    },
    { ops: [{ op: 'replace', path: 'title', value: 'a' }, { op: 'remove' }], refused: 'noTarget' },
    {
      ops: [
        { op: 'replace', path: 'title', value: 'a' },
        { op: 'remove', path: 'userName' },
      ],
      refused: 'mutability',
    },
    {
      mode: 'strict',
      ops: [
        { op: 'replace', path: 'title', value: 'a' },
        { op: 'replace', path: 'emails[type eq "no"].value', value: 'x' },
      ],
      refused: 'noTarget',
    },
  ]);
});

t.test('A6.03 B6.06 removing or nulling active keeps what it was', async (t) => {
  const user = await person('tolerant', { active: false });
  const url = `/Users/${user['id'] as string}`;
  await clients.tolerant.patch(url, [{ op: 'remove', path: 'active' }]);
  t.equal((await clients.tolerant.get(url)).body['active'], false);
});
