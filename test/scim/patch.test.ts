/** PATCH (RFC 7644 §3.5.2): every cell of the matrix of operations and targets, and the golden vectors. */
import t, { type Test } from 'tap';
import type { Document } from '../../src/scim/resource/document.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import {
  CORE_USER,
  Device,
  DEVICE_EXTENSION,
  ENTERPRISE,
  frozen,
  Group,
  MODES,
  type Mode,
  patchOf,
  refusalOf,
  runPatch,
  SELF,
  User,
} from '../support/protocol.ts';

const work = { type: 'work', value: 'bj@example.com', primary: true };
const home = { type: 'home', value: 'bj@home.org' };
const user: Document = frozen({
  userName: 'Bjensen@Example.com',
  userType: 'Employee',
  title: 'Guide',
  active: true,
  name: { familyName: 'Jensen', formatted: 'B Jensen' },
  emails: [work, home],
});
const withDepartment: Document = frozen({ ...user, [ENTERPRISE]: { department: 'R&D', costCenter: '1' } });
const device: Document = frozen({
  name: 'd1',
  tags: ['Red', 'blue'],
  ports: [80],
  serial: 'S1',
  place: { room: 'A', floor: 1 },
  parts: [
    { number: 1, maker: 'x' },
    { number: 2, maker: 'y' },
  ],
  [DEVICE_EXTENSION]: { owner: 'jo', stamp: 's', colour: 'red' },
});

const without = (document: Document, ...names: string[]): Document =>
  Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)));

type Operation = Record<string, unknown>;
/** What the operation leaves, in both modes; or how it is refused. */
type Case = [name: string, operation: Operation | Operation[], expected: Document | string];
type ModeCase = [
  name: string,
  operation: Operation | Operation[],
  tolerant: Document | string,
  strict: Document | string,
];

const op = (name: string, path: string | undefined, value?: unknown): Operation => ({
  op: name,
  ...(path === undefined ? {} : { path }),
  ...(value === undefined ? {} : { value }),
});
const add = (path: string | undefined, value: unknown) => op('add', path, value);
const replace = (path: string | undefined, value: unknown) => op('replace', path, value);
const remove = (path?: string, value?: unknown) => op('remove', path, value);

function check(t: Test, type: ResourceType, before: Document, cases: readonly Case[]): void {
  checkModes(
    t,
    type,
    before,
    cases.map(([name, operation, expected]): ModeCase => [name, operation, expected, expected]),
  );
}

function checkModes(t: Test, type: ResourceType, before: Document, cases: readonly ModeCase[]): void {
  for (const [name, operation, tolerant, strict] of cases) {
    for (const mode of MODES) {
      const expected = mode === 'tolerant' ? tolerant : strict;
      const run = () => runPatch(type, before, patchOf(...[operation].flat()), mode);
      if (typeof expected === 'string') t.equal(refusalOf(run), expected, `${name} (${mode})`);
      else t.strictSame(run().document, expected, `${name} (${mode})`);
    }
  }
}

t.test('B6a without a path, each attribute of the value is a target of its own', async (t) => {
  check(t, User, user, [
    ['add sets a singular', add(undefined, { nickName: 'B' }), { ...user, nickName: 'B' }],
    [
      'add merges a complex',
      add(undefined, { name: { givenName: 'Al' } }),
      { ...user, name: { familyName: 'Jensen', formatted: 'B Jensen', givenName: 'Al' } },
    ],
    [
      'add appends to a list',
      add(undefined, { emails: [{ type: 'other', value: 'o@o.o' }] }),
      { ...user, emails: [work, home, { type: 'other', value: 'o@o.o' }] },
    ],
    [
      'replace sets a singular',
      replace(undefined, { title: 'Boss', nickName: 'B' }),
      { ...user, title: 'Boss', nickName: 'B' },
    ],
    [
      'replace merges a complex',
      replace(undefined, { name: { familyName: 'J' } }),
      { ...user, name: { familyName: 'J', formatted: 'B Jensen' } },
    ],
    [
      'replace replaces a list',
      replace(undefined, { emails: [{ value: 'n@n.n' }] }),
      { ...user, emails: [{ value: 'n@n.n' }] },
    ],
    [
      'names are read without regard to case',
      replace(undefined, { USERTYPE: 'x', NAME: { FAMILYNAME: 'J' } }),
      { ...user, userType: 'x', name: { familyName: 'J', formatted: 'B Jensen' } },
    ],
    ['a null clears', replace(undefined, { title: null }), without(user, 'title')],
    [
      'schemas says nothing new',
      replace(undefined, { schemas: [CORE_USER], title: 'T' }),
      { ...user, title: 'T' },
    ],
    ['remove has no target', remove(), '400 noTarget'],
    ['remove with an empty path neither', remove(''), '400 noTarget'],
    ['a value that is no object is refused', replace(undefined, 'x'), '400 invalidValue'],
    ['a list is refused', add(undefined, [{ title: 'x' }]), '400 invalidValue'],
    ['null is refused', add(undefined, null), '400 invalidValue'],
    ['a key given twice is refused', replace(undefined, { title: 'a', TITLE: 'b' }), '400 invalidSyntax'],
  ]);
});

t.test('B6a a singular simple attribute is set, replaced and unassigned', async (t) => {
  check(t, User, user, [
    ['add sets', add('nickName', 'B'), { ...user, nickName: 'B' }],
    ['add replaces', add('title', 'Boss'), { ...user, title: 'Boss' }],
    ['replace of what is unset sets', replace('nickName', 'B'), { ...user, nickName: 'B' }],
    ['replace replaces', replace('TITLE', 'Boss'), { ...user, title: 'Boss' }],
    ['replace with null unassigns', replace('title', null), without(user, 'title')],
    ['remove unassigns', remove('title'), without(user, 'title')],
    ['remove of what is unset changes nothing', remove('nickName'), user],
    ['the base URN may be written', replace(`${CORE_USER}:title`, 'Boss'), { ...user, title: 'Boss' }],
    [
      'the URN is read without regard to case',
      replace(`${CORE_USER.toUpperCase()}:TITLE`, 'Boss'),
      { ...user, title: 'Boss' },
    ],
    ['externalId is an attribute like others', add('externalId', 'X'), { ...user, externalId: 'X' }],
    ['active is set', replace('active', false), { ...user, active: false }],
    ['active removed stays what it was', remove('active'), user],
    ['active nulled stays what it was', replace('active', null), user],
  ]);
});

t.test('B6a a singular complex attribute is merged and unassigned', async (t) => {
  check(t, User, user, [
    [
      'add merges',
      add('name', { givenName: 'Al' }),
      { ...user, name: { familyName: 'Jensen', formatted: 'B Jensen', givenName: 'Al' } },
    ],
    [
      'D4-8 replace merges',
      replace('name', { familyName: 'J' }),
      { ...user, name: { familyName: 'J', formatted: 'B Jensen' } },
    ],
    [
      'a null inside clears that sub-attribute',
      replace('name', { familyName: null }),
      { ...user, name: { formatted: 'B Jensen' } },
    ],
    ['remove unassigns the whole', remove('name'), without(user, 'name')],
    ['replace with null too', replace('name', null), without(user, 'name')],
    ['a value that is no object is refused', add('name', 'x'), '400 invalidValue'],
  ]);
  const unnamed = frozen(without(user, 'name'));
  check(t, User, unnamed, [
    ['add to nothing creates', add('name', { givenName: 'Al' }), { ...unnamed, name: { givenName: 'Al' } }],
    ['an empty object is no value', add('name', {}), unnamed],
  ]);
});

t.test('B6a a sub-attribute is set in its parent, which comes and goes with it', async (t) => {
  const unnamed = frozen(without(user, 'name'));
  check(t, User, unnamed, [
    ['add creates the parent', add('name.givenName', 'Al'), { ...unnamed, name: { givenName: 'Al' } }],
    [
      'replace creates the parent',
      replace('name.givenName', 'Al'),
      { ...unnamed, name: { givenName: 'Al' } },
    ],
    ['remove of what is unset changes nothing', remove('name.givenName'), unnamed],
    [
      'A5.07 the parent goes with the last of them',
      [add('name.givenName', 'Al'), remove('name.givenName')],
      unnamed,
    ],
    ['a null does the same', [add('name.givenName', 'Al'), replace('name.givenName', null)], unnamed],
  ]);
  check(t, User, user, [
    ['the others stay', remove('name.formatted'), { ...user, name: { familyName: 'Jensen' } }],
  ]);
  check(t, Device, device, [
    ['B6.06 a required sub-attribute cannot go', remove('place.room'), '400 mutability'],
    ['B6.06 nor be nulled', replace('place.room', null), '400 mutability'],
    ['a number is a number', replace('place.floor', 3), { ...device, place: { room: 'A', floor: 3 } }],
  ]);
});

t.test('B6a a multi-valued simple attribute is appended to, replaced, and emptied', async (t) => {
  check(t, Device, device, [
    ['add one', add('tags', 'green'), { ...device, tags: ['Red', 'blue', 'green'] }],
    ['add several', add('tags', ['green', 'grey']), { ...device, tags: ['Red', 'blue', 'green', 'grey'] }],
    ['add what is there', add('tags', ['RED']), device],
    ['add numbers', add('ports', [80, 443]), { ...device, ports: [80, 443] }],
    ['replace', replace('tags', ['green']), { ...device, tags: ['green'] }],
    ['replace with one', replace('tags', 'green'), { ...device, tags: ['green'] }],
    ['replace with the empty list', replace('tags', []), without(device, 'tags')],
    ['remove', remove('tags'), without(device, 'tags')],
    ['E7122 a filter names the element value', remove('tags[value eq "red"]'), { ...device, tags: ['blue'] }],
    ['replace by filter', replace('tags[value sw "b"]', 'black'), { ...device, tags: ['Red', 'black'] }],
    ['replace by a filter that selects nothing', replace('tags[value eq "x"]', 'black'), '400 noTarget'],
    ['add by a filter that selects nothing', add('tags[value eq "x"]', 'black'), '400 noTarget'],
    ['remove by a filter that selects nothing', remove('tags[value eq "x"]'), device],
  ]);
});

t.test('B6a a multi-valued complex attribute is appended to, replaced, and emptied', async (t) => {
  const other = { type: 'other', value: 'x@y.z' };
  check(t, User, user, [
    ['add an object', add('emails', other), { ...user, emails: [work, home, other] }],
    ['add a list', add('emails', [other]), { ...user, emails: [work, home, other] }],
    [
      'B6.08 add what is there',
      add('emails', [{ type: 'WORK', value: 'BJ@example.com' }]),
      { ...user, emails: [{ ...work, type: 'WORK', value: 'BJ@example.com' }, home] },
    ],
    ['B6.08 add exactly what is there', add('emails', [{ type: 'work', value: 'bj@example.com' }]), user],
    [
      'D4-12 other sub-attributes are taken over',
      add('emails', { ...home, display: 'H' }),
      { ...user, emails: [work, { ...home, display: 'H' }] },
    ],
    [
      'D4-12 another type is another element',
      add('emails', { type: 'other', value: work.value }),
      { ...user, emails: [work, home, { type: 'other', value: work.value }] },
    ],
    [
      'B6.07 a new primary',
      add('emails', { ...other, primary: true }),
      { ...user, emails: [{ ...work, primary: false }, home, { ...other, primary: true }] },
    ],
    ['replace the list', replace('emails', [other]), { ...user, emails: [other] }],
    ['replace with one', replace('emails', other), { ...user, emails: [other] }],
    ['replace with nothing', replace('emails', []), without(user, 'emails')],
    ['replace with null', replace('emails', null), without(user, 'emails')],
    ['remove', remove('emails'), without(user, 'emails')],
    ['add nothing', add('emails', []), user],
    ['a value of the wrong type', add('emails', [{ value: { a: 1 } }]), '400 invalidValue'],
  ]);
  check(t, Device, device, [
    [
      'elements without value are known as a whole',
      add('parts', [{ maker: 'x', number: 1 }, { number: 1 }]),
      { ...device, parts: [{ number: 1, maker: 'x' }, { number: 2, maker: 'y' }, { number: 1 }] },
    ],
  ]);
});

t.test('B6.07 one element is primary, whichever operation made it so', async (t) => {
  const a = { value: 'a' };
  const b = { value: 'b', primary: true };
  const two = frozen({ userName: 'u', active: true, emails: [a, b] });
  check(t, User, two, [
    [
      'set by a filter',
      replace('emails[value eq "a"].primary', true),
      {
        ...two,
        emails: [
          { ...a, primary: true },
          { ...b, primary: false },
        ],
      },
    ],
    [
      'added again beside the one that was',
      add('emails', [
        { value: 'b', display: 'B' },
        { value: 'a', primary: true },
      ]),
      {
        ...two,
        emails: [
          { ...a, primary: true },
          { ...b, display: 'B', primary: false },
        ],
      },
    ],
    [
      'across operations',
      [add('emails', { value: 'c', primary: true }), add('emails', { value: 'd', primary: true })],
      {
        ...two,
        emails: [a, { ...b, primary: false }, { value: 'c', primary: false }, { value: 'd', primary: true }],
      },
    ],
    [
      'whole element replaced',
      replace('emails[value eq "a"]', { value: 'n', primary: true }),
      {
        ...two,
        emails: [
          { value: 'n', primary: true },
          { ...b, primary: false },
        ],
      },
    ],
  ]);
  checkModes(t, User, two, [
    [
      'D4-44 two at once',
      replace('emails', [
        { value: 'c', primary: true },
        { value: 'd', primary: true },
      ]),
      {
        ...two,
        emails: [
          { value: 'c', primary: true },
          { value: 'd', primary: false },
        ],
      },
      '400 invalidValue',
    ],
  ]);
});

t.test('B6a D4-13 a sub-attribute of a list without a filter is that of every element', async (t) => {
  const none = frozen(without(user, 'emails'));
  check(t, User, user, [
    [
      'add',
      add('emails.display', 'E'),
      {
        ...user,
        emails: [
          { ...work, display: 'E' },
          { ...home, display: 'E' },
        ],
      },
    ],
    [
      'replace',
      replace('emails.type', 'other'),
      {
        ...user,
        emails: [
          { ...work, type: 'other' },
          { ...home, type: 'other' },
        ],
      },
    ],
    ['remove', remove('emails.type'), { ...user, emails: [without(work, 'type'), without(home, 'type')] }],
    ['remove of the value leaves nothing', remove('emails.value'), without(user, 'emails')],
  ]);
  check(t, User, none, [['remove from nothing', remove('emails.type'), none]]);
  checkModes(t, User, none, [
    ['add to nothing', add('emails.value', 'x'), { ...none, emails: [{ value: 'x' }] }, '400 noTarget'],
    [
      'replace in nothing',
      replace('emails.value', 'x'),
      { ...none, emails: [{ value: 'x' }] },
      '400 noTarget',
    ],
  ]);
});

t.test('B6a a filter selects elements', async (t) => {
  check(t, User, user, [
    [
      'add merges into every match',
      add('emails[type eq "work"]', { display: 'W' }),
      { ...user, emails: [{ ...work, display: 'W' }, home] },
    ],
    [
      'D4-11 replace takes the place of the element',
      replace('emails[type eq "work"]', { value: 'n@n.n' }),
      { ...user, emails: [{ value: 'n@n.n' }, home] },
    ],
    [
      'replace takes the place of all that match',
      replace('emails[value pr]', { value: 'n' }),
      { ...user, emails: [{ value: 'n' }, { value: 'n' }] },
    ],
    ['replace with null removes', replace('emails[type eq "work"]', null), { ...user, emails: [home] }],
    ['remove', remove('emails[value ew "home.org"]'), { ...user, emails: [work] }],
    ['remove all of them', remove('emails[type eq "home" or primary eq true]'), without(user, 'emails')],
    ['remove by negation', remove('emails[not (type eq "work")]'), { ...user, emails: [work] }],
    [
      'the value is compared without regard to case',
      remove('EMAILS[TYPE Eq "WORK"]'),
      { ...user, emails: [home] },
    ],
    ['both conditions are about one element', remove('emails[type eq "work" and value ew "home.org"]'), user],
    ['D4-9 remove of nothing succeeds', remove('emails[type eq "fax"]'), user],
    ['a bracket in a quoted value is text', remove('emails[value eq "a]b"]'), user],
  ]);
  checkModes(t, User, user, [
    [
      'D4-6 add to nothing',
      add('emails[type eq "fax"]', { value: 'x' }),
      { ...user, emails: [work, home, { type: 'fax', value: 'x' }] },
      '400 noTarget',
    ],
    [
      'D4-7 replace of nothing',
      replace('emails[type eq "fax"]', { value: 'x' }),
      { ...user, emails: [work, home, { type: 'fax', value: 'x' }] },
      '400 noTarget',
    ],
    [
      'a conjunction of eq describes an element',
      add('emails[type eq "fax" and display eq "F"]', { value: 'x' }),
      { ...user, emails: [work, home, { type: 'fax', display: 'F', value: 'x' }] },
      '400 noTarget',
    ],
  ]);
  check(t, User, user, [
    [
      'any other filter describes none',
      add('emails[type eq "fax" or type eq "x"]', { value: 'x' }),
      '400 noTarget',
    ],
    [
      'nor does a contradiction',
      add('emails[type eq "fax" and TYPE eq "x"]', { value: 'x' }),
      '400 noTarget',
    ],
    ['nor anything but eq', add('emails[type sw "fax"].value', 'x'), '400 noTarget'],
    ['nor not', replace('emails[not (value pr)].value', 'x'), '400 noTarget'],
  ]);
});

t.test('B6a a filter and a sub-attribute select values in elements', async (t) => {
  check(t, User, user, [
    [
      'add',
      add('emails[type eq "home"].display', 'H'),
      { ...user, emails: [work, { ...home, display: 'H' }] },
    ],
    [
      'replace',
      replace('emails[type eq "home"].value', 'h@h.h'),
      { ...user, emails: [work, { ...home, value: 'h@h.h' }] },
    ],
    [
      'in every match',
      replace('emails[value pr].display', 'E'),
      {
        ...user,
        emails: [
          { ...work, display: 'E' },
          { ...home, display: 'E' },
        ],
      },
    ],
    [
      'remove',
      remove('emails[type eq "work"].primary'),
      { ...user, emails: [without(work, 'primary'), home] },
    ],
    [
      'an element left without value goes',
      remove('emails[type eq "work"].value'),
      { ...user, emails: [home] },
    ],
    [
      'replace with null is the same',
      replace('emails[type eq "work"].value', null),
      { ...user, emails: [home] },
    ],
    ['remove of nothing', remove('emails[type eq "fax"].value'), user],
    ['null on nothing', replace('emails[type eq "fax"].value', null), user],
  ]);
  checkModes(t, User, user, [
    [
      'add to nothing',
      add('emails[type eq "fax"].value', 'x'),
      { ...user, emails: [work, home, { type: 'fax', value: 'x' }] },
      '400 noTarget',
    ],
    [
      'replace of nothing',
      replace('emails[type eq "fax"].value', 'x'),
      { ...user, emails: [work, home, { type: 'fax', value: 'x' }] },
      '400 noTarget',
    ],
  ]);
});

t.test('B6a an attribute of an extension by its URN', async (t) => {
  const department = `${ENTERPRISE}:department`;
  check(t, User, user, [
    ['add makes the container', add(department, 'X'), { ...user, [ENTERPRISE]: { department: 'X' } }],
    ['replace makes the container', replace(department, 'X'), { ...user, [ENTERPRISE]: { department: 'X' } }],
    ['A2.07 remove takes it away again', [add(department, 'X'), remove(department)], user],
    [
      'a complex one',
      add(`${ENTERPRISE}:manager`, { value: '271' }),
      { ...user, [ENTERPRISE]: { manager: { value: '271' } } },
    ],
    [
      'a sub-attribute',
      replace(`${ENTERPRISE}:manager.value`, '271'),
      { ...user, [ENTERPRISE]: { manager: { value: '271' } } },
    ],
    ['a readOnly sub-attribute', replace(`${ENTERPRISE}:manager.displayName`, 'x'), '400 mutability'],
  ]);
  check(t, User, withDepartment, [
    [
      'siblings stay',
      replace(department.toUpperCase(), 'X'),
      { ...user, [ENTERPRISE]: { department: 'X', costCenter: '1' } },
    ],
    ['siblings stay at a remove', remove(department), { ...user, [ENTERPRISE]: { costCenter: '1' } }],
  ]);
});

t.test('B6a an extension as a whole', async (t) => {
  check(t, User, withDepartment, [
    [
      'add merges',
      add(ENTERPRISE, { division: 'D' }),
      { ...user, [ENTERPRISE]: { department: 'R&D', costCenter: '1', division: 'D' } },
    ],
    [
      'replace replaces',
      replace(ENTERPRISE, { division: 'D' }),
      { ...user, [ENTERPRISE]: { division: 'D' } },
    ],
    ['remove', remove(ENTERPRISE), user],
    ['null', replace(ENTERPRISE, null), user],
    ['an empty object', replace(ENTERPRISE, {}), user],
    [
      'quirk 6 without a path, siblings stay',
      replace(undefined, { [ENTERPRISE]: { division: 'D' } }),
      { ...user, [ENTERPRISE]: { department: 'R&D', costCenter: '1', division: 'D' } },
    ],
    ['no object', add(ENTERPRISE, 'x'), '400 invalidValue'],
  ]);
  check(t, Device, device, [
    [
      'what is required can be replaced',
      replace(DEVICE_EXTENSION, { owner: 'al' }),
      { ...device, [DEVICE_EXTENSION]: { owner: 'al', stamp: 's' } },
    ],
    ['but not go', replace(DEVICE_EXTENSION, { colour: 'x' }), '400 mutability'],
    ['nor with the whole', remove(DEVICE_EXTENSION), '400 mutability'],
  ]);
});

t.test('B6.05 B6.06 what is readOnly, immutable or required stays what it is', async (t) => {
  check(t, User, user, [
    ['id', replace('id', 'other'), '400 mutability'],
    ['D4-19 the same id', replace('id', SELF), user],
    [
      'the same id without a path',
      replace(undefined, { id: SELF, displayName: 'D' }),
      { ...user, displayName: 'D' },
    ],
    ['another id without a path', replace(undefined, { id: 'other', displayName: 'D' }), '400 mutability'],
    ['remove id', remove('id'), '400 mutability'],
    ['meta', replace('meta.version', 'W/"2"'), '400 mutability'],
    ['meta as a whole', remove('meta'), '400 mutability'],
    ['groups', add('groups', [{ value: 'x' }]), '400 mutability'],
    ['groups by filter', remove('groups[value eq "x"]'), '400 mutability'],
    ['remove userName', remove('userName'), '400 mutability'],
    ['null userName', replace('userName', null), '400 mutability'],
    ['remove schemas', remove('schemas'), '400 mutability'],
    ['B6.11 schemas may be patched', add('schemas', [ENTERPRISE]), user],
    ['B6.11 and replaced', replace('schemas', [CORE_USER]), user],
  ]);
  checkModes(t, User, user, [
    [
      'quirk 17 readOnly without a path',
      replace(undefined, { groups: [], meta: { version: 'x' }, title: 'T' }),
      { ...user, title: 'T' },
      '400 mutability',
    ],
    ['A2.08 an unknown schema', add('schemas', ['urn:x']), user, '400 invalidValue'],
    ['an empty userName', replace('userName', ''), '400 mutability', '400 invalidValue'],
  ]);
  check(t, Device, device, [
    ['immutable', replace('serial', 'S2'), '400 mutability'],
    ['immutable, the same', replace('serial', 'S1'), device],
    ['immutable, removed', remove('serial'), '400 mutability'],
    ['A4.04 unset, it can be set', [add(`${DEVICE_EXTENSION}:stamp`, 's')], device],
  ]);
  check(t, Device, frozen(without(device, 'serial')), [['immutable, set once', add('serial', 'S1'), device]]);
});

t.test('A6.02 a password is accepted and not kept', async (t) => {
  for (const operation of [add('password', 'p'), replace(undefined, { password: 'p' }), remove('password')]) {
    for (const mode of MODES) t.strictSame(runPatch(User, user, patchOf(operation), mode).document, user);
  }
});

t.test('B6.03 B6.10 what cannot be read is refused', async (t) => {
  check(t, User, user, [
    ['unclosed', replace('emails[type eq "work" .value', 'x'), '400 invalidPath'],
    ['operator', replace('emails[type zz "work"]', 'x'), '400 invalidFilter'],
    ['sub-attribute in the filter', replace('emails[foo eq "work"]', 'x'), '400 invalidFilter'],
    ['type in the filter', replace('emails[primary gt true]', 'x'), '400 invalidFilter'],
    ['position', replace('emails[0].value', 'x'), '400 invalidPath'],
    ['nothing in brackets', replace('emails[].value', 'x'), '400 invalidPath'],
    ['a filter on what is no list', replace('name[givenName eq "x"]', 'x'), '400 invalidPath'],
    ['a path that is no string', { op: 'replace', path: 5, value: 'x' }, '400 invalidPath'],
    ['no value', { op: 'replace', path: 'title' }, '400 invalidValue'],
    ['no value', { op: 'add', path: 'title' }, '400 invalidValue'],
    ['type', replace('title', { a: 1 }), '400 invalidValue'],
    ['type', replace('title', ['a', 'b']), '400 invalidValue'],
    ['boolean', replace('active', 'perhaps'), '400 invalidValue'],
    ['U+0000', replace('title', 'a\0'), '400 invalidValue'],
    ['a lone surrogate', replace('title', 'a\ud800'), '400 invalidValue'],
    ['op', op('move', 'title', 'x'), '400 invalidSyntax'],
    ['no op', { path: 'title', value: 'x' }, '400 invalidSyntax'],
  ]);
  checkModes(t, User, user, [
    ['an attribute that is not declared', replace('foo', 'x'), user, '400 invalidPath'],
    ['a sub-attribute that is not declared', replace('name.foo', 'x'), user, '400 invalidPath'],
    ['removed', remove('foo'), user, '400 invalidPath'],
    ['active as text', replace('active', 'False'), { ...user, active: false }, '400 invalidValue'],
    ['the operation in capitals', op('Replace', 'title', 'T'), { ...user, title: 'T' }, '400 invalidSyntax'],
    [
      'a key that is not declared',
      replace(undefined, { foo: 1, title: 'T' }),
      { ...user, title: 'T' },
      '400 invalidSyntax',
    ],
  ]);
});

t.test('B6.04 a remove with a value removes what it lists, never everything', async (t) => {
  checkModes(t, User, user, [
    ['one', remove('emails', [{ value: 'BJ@home.org' }]), { ...user, emails: [work] }, '400 invalidSyntax'],
    [
      'as an object',
      remove('emails', { value: 'bj@home.org', type: 'home' }),
      { ...user, emails: [work] },
      '400 invalidSyntax',
    ],
    ['another type', remove('emails', { value: 'bj@home.org', type: 'work' }), user, '400 invalidSyntax'],
    ['as text', remove('emails', 'bj@home.org'), { ...user, emails: [work] }, '400 invalidSyntax'],
    ['by type', remove('emails', [{ type: 'home' }]), { ...user, emails: [work] }, '400 invalidSyntax'],
    ['the empty list', remove('emails', []), user, '400 invalidSyntax'],
    ['what is not understood', remove('emails', [{ foo: 'x' }]), user, '400 invalidSyntax'],
    ['a list in a list', remove('emails', [[{ value: 'x' }]]), '400 invalidValue', '400 invalidSyntax'],
    ['an empty object', remove('emails', {}), user, '400 invalidSyntax'],
    ['of a singular attribute', remove('title', 'Guide'), without(user, 'title'), '400 invalidSyntax'],
  ]);
  check(t, User, user, [['null is no value', remove('emails', null), without(user, 'emails')]]);
  checkModes(t, Device, device, [
    ['simple values', remove('tags', ['red', 'x']), { ...device, tags: ['blue'] }, '400 invalidSyntax'],
    [
      'elements without value',
      remove('parts', [{ number: 1 }]),
      { ...device, parts: [{ number: 2, maker: 'y' }] },
      '400 invalidSyntax',
    ],
    ['something else', remove('parts', ['x']), '400 invalidValue', '400 invalidSyntax'],
  ]);
});

t.test('B6.01 the message must be a PatchOp with operations', async (t) => {
  const operations = [replace('title', 'T')];
  const cases: [name: string, body: unknown, tolerant: string, strict: string][] = [
    ['no object', [], '400 invalidSyntax', '400 invalidSyntax'],
    ['nothing', undefined, '400 invalidSyntax', '400 invalidSyntax'],
    ['no operations', patchOf(), '400 invalidSyntax', '400 invalidSyntax'],
    ['operations missing', { schemas: ['x'] }, '400 invalidSyntax', '400 invalidSyntax'],
    [
      'operations no list',
      { schemas: ['x'], Operations: operations[0] },
      '400 invalidSyntax',
      '400 invalidSyntax',
    ],
    ['an operation that is none', patchOf('x'), '400 invalidSyntax', '400 invalidSyntax'],
    [
      'op twice',
      patchOf({ op: 'add', OP: 'add', path: 'title', value: 'x' }),
      '400 invalidSyntax',
      '400 invalidSyntax',
    ],
    ['schemas missing', { Operations: operations }, 'done', '400 invalidSyntax'],
    [
      'other schemas',
      { schemas: ['urn:scim:schemas:core:1.0'], Operations: operations },
      'done',
      '400 invalidSyntax',
    ],
    [
      'schemas in capitals',
      { schemas: ['URN:IETF:PARAMS:SCIM:API:MESSAGES:2.0:PATCHOP'], Operations: operations },
      'done',
      'done',
    ],
    ['10,000 operations', patchOf(...Array.from({ length: 10_000 }, () => operations[0])), 'done', 'done'],
    [
      '10,001 operations',
      patchOf(...Array.from({ length: 10_001 }, () => operations[0])),
      '400 tooMany',
      '400 tooMany',
    ],
  ];
  for (const [name, body, tolerant, strict] of cases) {
    const expected: Partial<Record<Mode, string>> = { tolerant, strict };
    for (const mode of MODES)
      t.equal(
        refusalOf(() => runPatch(User, user, body, mode)),
        expected[mode],
        `${name} (${mode})`,
      );
  }
});

t.test('B6.02 operations apply in order, each to what the one before left, all or none', async (t) => {
  check(t, User, user, [
    [
      'in order',
      [remove('emails'), add('emails', [home]), replace('emails[type eq "home"].value', 'h')],
      { ...user, emails: [{ ...home, value: 'h' }] },
    ],
    ['the last counts', [replace('title', 'a'), replace('title', 'b')], { ...user, title: 'b' }],
    ['one refused is all refused', [replace('title', 'a'), remove('userName')], '400 mutability'],
  ]);
  t.strictSame(user['title'], 'Guide', 'the document given is never changed');
});

t.test('B6.03 members become edits of rows, and are never loaded', async (t) => {
  const group: Document = frozen({ displayName: 'G' });
  const edit = (kind: string, ...ids: string[]) => ({ kind, ids });
  const cases: [name: string, operation: Operation, tolerant: unknown, strict: unknown][] = [
    [
      'add',
      add('members', [{ value: 'a' }, { value: 'b', display: 'B', type: 'User' }]),
      edit('add', 'a', 'b'),
      edit('add', 'a', 'b'),
    ],
    ['add one', add('members', { value: 'a' }), edit('add', 'a'), edit('add', 'a')],
    ['add without a path', add(undefined, { members: [{ value: 'a' }] }), edit('add', 'a'), edit('add', 'a')],
    [
      'ids are case exact',
      add('members', [{ value: 'A' }, { value: 'a' }]),
      edit('add', 'A', 'a'),
      edit('add', 'A', 'a'),
    ],
    ['replace', replace('members', [{ value: 'a' }]), edit('set', 'a'), edit('set', 'a')],
    ['replace with nothing', replace('members', []), edit('set'), edit('set')],
    ['replace with null', replace('members', null), edit('set'), edit('set')],
    ['remove by id', remove('members[value eq "a"]'), edit('remove', 'a'), edit('remove', 'a')],
    [
      'remove by ids',
      remove('members[value eq "a" or value eq "b"]'),
      edit('remove', 'a', 'b'),
      edit('remove', 'a', 'b'),
    ],
    ['remove all', remove('members'), edit('set'), edit('set')],
    [
      'D4-10 remove with a value',
      remove('members', [{ value: 'a' }]),
      edit('remove', 'a'),
      '400 invalidSyntax',
    ],
    ['remove with the empty list', remove('members', []), edit('remove'), '400 invalidSyntax'],
    [
      'remove with a value not understood',
      remove('members', [{ foo: 'a' }]),
      '400 invalidValue',
      '400 invalidSyntax',
    ],
    [
      'replace with a value not understood',
      replace('members', [{ foo: 'a' }]),
      '400 invalidValue',
      '400 invalidSyntax',
    ],
    ['replace with an empty id', replace('members', [{ value: '' }]), '400 invalidValue', edit('set', '')],
    ['a member without id', add('members', [{ display: 'a' }]), '400 invalidValue', '400 invalidValue'],
    [
      'A8.01 a sub-attribute',
      replace('members[value eq "a"].value', 'b'),
      '400 mutability',
      '400 mutability',
    ],
    ['A8.01 display', replace('members[value eq "a"].display', 'b'), '400 mutability', '400 mutability'],
    ['A8.01 remove of one', remove('members[value eq "a"].display'), '400 mutability', '400 mutability'],
    ['A8.01 of all', replace('members.value', 'b'), '400 mutability', '400 mutability'],
    [
      'A8.01 another in its place',
      replace('members[value eq "a"]', { value: 'b' }),
      '400 mutability',
      '400 mutability',
    ],
    [
      'a member named by a filter',
      add('members[value eq "a"]', { value: 'a' }),
      edit('add', 'a'),
      '400 noTarget',
    ],
    [
      'members named by another filter',
      add('members[type eq "User"]', { type: 'User' }),
      '400 noTarget',
      '400 noTarget',
    ],
    ['displayName cannot go', remove('displayName'), '400 mutability', '400 mutability'],
  ];
  for (const [name, operation, tolerant, strict] of cases) {
    for (const mode of MODES) {
      const expected = mode === 'tolerant' ? tolerant : strict;
      const run = () => runPatch(Group, group, patchOf(operation), mode);
      if (typeof expected === 'string') t.equal(refusalOf(run), expected, `${name} (${mode})`);
      else t.strictSame(run().memberEdits, [expected], `${name} (${mode})`);
    }
  }
  const [matching] = runPatch(Group, group, patchOf(remove('members[type eq "Group"]'))).memberEdits;
  t.equal(matching?.kind, 'removeMatching', 'any other filter is for the database');
});

t.test('B6.12 long lists are answered, or refused', async (t) => {
  const list = (length: number, prefix: string) =>
    Array.from({ length }, (_, index) => ({ value: `${prefix}${index}` }));
  const long: Document = { userName: 'u', active: true, emails: list(20_000, 'v') };
  const gone = runPatch(User, long, patchOf(remove('emails', list(20_000, 'V')))).document;
  t.strictSame(gone, { userName: 'u', active: true });
  const many = Array.from({ length: 10_000 }, (_, index) => add('emails', { value: `w${index}` }));
  t.equal(
    refusalOf(() => runPatch(User, long, patchOf(...many))),
    '400 tooMany',
  );
  const certificate = (value: string) => () =>
    runPatch(User, user, patchOf(add('x509Certificates', { value })));
  t.equal(refusalOf(certificate('QUJD'.repeat(2_000_000))), 'done', 'A3.05 a long binary');
  for (const value of ['', 'QQ', 'QQ==', 'QUI', 'QUI=', 'QUJD', '+/+/'])
    t.equal(refusalOf(certificate(value)), 'done', value);
  for (const value of ['Q', 'QQ=', 'QQQ==', 'Q===', 'QQ==QQ==', '-_-_', 'QU JD', 'QUJD='])
    t.equal(refusalOf(certificate(value)), '400 invalidValue', value);
});

t.test('B6.02 edits of members keep their order', async (t) => {
  const { memberEdits } = runPatch(
    Group,
    { displayName: 'G' },
    patchOf(remove('members'), add('members', [{ value: 'a' }]), remove('members[value eq "a"]')),
  );
  t.strictSame(
    memberEdits.map(({ kind }) => kind),
    ['set', 'add', 'remove'],
  );
});
