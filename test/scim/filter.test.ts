/** Filters: what binds, what is refused, and what a bound filter is true of. */
import t, { type Test } from 'tap';
import { readFilter } from '../../src/scim/filter/read.ts';
import type { BoundFilter, Field } from '../../src/scim/filter/bound.ts';
import { matches } from '../../src/scim/filter/match.ts';
import type { Document } from '../../src/scim/resource/document.ts';
import type { Resource } from '../../src/scim/resource/resource.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import { elementsOf, valuesOf } from '../support/memoryValues.ts';
import {
  CORE_USER,
  Device,
  DEVICE_EXTENSION,
  ENTERPRISE,
  Group,
  MODES,
  type Mode,
  refusalOf,
  User,
} from '../support/protocol.ts';

const read = (type: ResourceType, text: string, mode: Mode = 'strict'): BoundFilter =>
  readFilter(type, text, createLeniency(mode));

const resource = (id: string, document: Document, created = '2026-02-02T00:00:00Z'): Resource => ({
  id,
  document,
  version: 1,
  created: new Date(created),
  lastModified: new Date(created),
});

const users = [
  resource(
    'U1',
    {
      userName: 'Bjensen@Example.com',
      userType: 'Employee',
      title: 'Guide',
      active: true,
      emails: [
        { type: 'work', value: 'bj@example.com', primary: true },
        { type: 'home', value: 'bj@home.org' },
      ],
    },
    '2026-01-02T03:04:05.678Z',
  ),
  resource('U2', { userName: 'jsmith', active: false, emails: [{ type: 'home', value: 'js@example.com' }] }),
  resource('U3', {
    userName: 'straße',
    nickName: 'Straße',
    userType: 'intern',
    active: true,
    [ENTERPRISE]: { department: 'R&D' },
  }),
];

const found = (type: ResourceType, resources: readonly Resource[], text: string, mode?: Mode): string => {
  const filter = read(type, text, mode);
  return resources
    .filter((one) => matches(filter, valuesOf(one), elementsOf(one)))
    .map(({ id }) => id)
    .join(' ');
};

function checkFound(
  t: Test,
  type: ResourceType,
  resources: readonly Resource[],
  cases: readonly [string, string][],
): void {
  for (const [text, expected] of cases) t.equal(found(type, resources, text), expected, text);
}

t.test('D5 the golden vectors select what they should', async (t) => {
  checkFound(t, User, users, [
    ['userName eq "BJENSEN@example.com"', 'U1'],
    ['USERNAME Eq "bjensen@example.com"', 'U1'],
    [`${CORE_USER}:userName eq "bjensen@example.com"`, 'U1'],
    ['userName sw "J"', 'U2'],
    ['userName eq "STRASSE"', ''],
    ['userName eq "STRAßE"', 'U3'],
    ['nickName eq "STRASSE"', 'U3'],
    ['userType ne "Employee"', 'U2 U3'],
    ['not (userType eq "Employee")', 'U2 U3'],
    ['title eq null', 'U2 U3'],
    ['title ne null', 'U1'],
    ['title pr', 'U1'],
    ['emails.type eq "work" and emails.value co "home.org"', 'U1'],
    ['emails[type eq "work" and value co "home.org"]', ''],
    ['emails.type ne "work"', 'U1 U2 U3'],
    ['not (emails.type eq "work")', 'U2 U3'],
    ['emails[not (type eq "work")]', 'U1 U2'],
    ['emails co "example.com"', 'U1 U2'],
    ['emails pr', 'U1 U2'],
    ['name pr', ''],
    ['userType eq "Employee" or title pr and active eq false', 'U1'],
    ['(userType eq "Employee" or title pr) and active eq false', ''],
    ['active eq true', 'U1 U3'],
    ['active ne true', 'U2'],
    ['meta.created eq "2026-01-02T04:04:05.678+01:00"', 'U1'],
    ['meta.created lt "2026-01-02T04:04:05.679+01:00"', 'U1'],
    ['meta.created gt "2026-01-02T03:04:05.678Z"', 'U2 U3'],
    [`urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user:Department eq "r&d"`, 'U3'],
    ['userName co "%"', ''],
    ['userName co "_"', ''],
    ['userName eq "straße" and (nickName pr or title pr)', 'U3'],
    ['id eq "U1"', 'U1'],
    ['id eq "u1"', ''],
    ['emails[type eq "home"] and active eq true', 'U1'],
  ]);
});

t.test(
  'D5 B4.04 the golden vectors are refused where they should be, in both modes or in strict mode alone',
  async (t) => {
    const cases: [text: string, tolerant: string, strict?: string][] = [
      ['active gt false', '400 invalidFilter'],
      ['active co "tr"', '400 invalidFilter'],
      ['active eq "true"', 'done', '400 invalidFilter'],
      ['active eq "TRUE"', 'done', '400 invalidFilter'],
      ['active eq "yes"', '400 invalidFilter'],
      ['active eq 1', '400 invalidFilter'],
      ['department eq "R&D"', 'done', '400 invalidFilter'],
      ['manager eq "x"', 'done', '400 invalidFilter'],
      ['userName eq bjensen', 'done', '400 invalidFilter'],
      ['meta.Created gt 2015-10-10T14:38:21.8617979-07:00', 'done', '400 invalidFilter'],
      ['userName eq 5', 'done', '400 invalidFilter'],
      ["userName eq 'x'", '400 invalidFilter'],
      ['userName', '400 invalidFilter'],
      ['userName eq', '400 invalidFilter'],
      ['userName eq "x" and', '400 invalidFilter'],
      ['userName eq "x" userName eq "y"', '400 invalidFilter'],
      ['(userName pr', '400 invalidFilter'],
      ['userName pr)', '400 invalidFilter'],
      ['(userName pr]', '400 invalidFilter'],
      ['userName regex "a"', '400 invalidFilter'],
      ['userName eq "x', '400 invalidFilter'],
      ['userName eq "\\x"', '400 invalidFilter'],
      ['userName eq TRUE', 'done', '400 invalidFilter'],
      ['not userName pr', '400 invalidFilter'],
      ['', '400 invalidFilter'],
      ['   ', '400 invalidFilter'],
      ['foo eq "x"', '400 invalidFilter'],
      ['emails.foo eq "x"', '400 invalidFilter'],
      ['emails[foo eq "x"]', '400 invalidFilter'],
      ['emails[emails.value eq "x"]', '400 invalidFilter'],
      ['emails[type eq "work"', '400 invalidFilter'],
      ['emails[value[type eq "x"]]', '400 invalidFilter'],
      ['emails [type eq "x"]', '400 invalidFilter'],
      ['emails.value[type eq "x"]', '400 invalidFilter'],
      ['userName[value eq "x"]', '400 invalidFilter'],
      ['emails[type eq "work"].value eq "a"', 'done', '400 invalidFilter'],
      ['password eq "x"', '400 invalidFilter'],
      ['password pr', '400 invalidFilter'],
      ['name eq "x"', '400 invalidFilter'],
      ['addresses eq "x"', '400 invalidFilter'],
      ['meta eq "x"', '400 invalidFilter'],
      ['meta.location eq "x"', '400 invalidFilter'],
      ['meta.created sw "2026"', '400 invalidFilter'],
      ['meta.created eq "yesterday"', '400 invalidFilter'],
      ['meta.created eq "0000-01-01T00:00:00Z"', '400 invalidFilter'],
      ['userName gt null', '400 invalidFilter'],
      ['active eq null', 'done'],
      ['userName eq "a\\u0000"', '400 invalidFilter'],
      ['userName eq "\\ud800"', '400 invalidFilter'],
      ['schemas eq "urn:x"', 'done'],
      ['schemas co "urn"', 'done'],
      [ENTERPRISE, '400 invalidFilter'],
      [`${ENTERPRISE} pr`, '400 invalidFilter'],
      ['constructor eq "x"', '400 invalidFilter'],
      ['__proto__ eq "x"', '400 invalidFilter'],
      ['member eq "x"', '400 invalidFilter'],
    ];
    for (const [text, tolerant, strict = tolerant] of cases) {
      t.equal(
        refusalOf(() => read(User, text, 'tolerant')),
        tolerant,
        `${text} (tolerant)`,
      );
      t.equal(
        refusalOf(() => read(User, text, 'strict')),
        strict,
        `${text} (strict)`,
      );
    }
  },
);

t.test('B4b each operator fits some types', async (t) => {
  const fits = (operators: string) => operators.split(' ');
  const all = fits('eq ne co sw ew gt ge lt le');
  const cases: [attribute: string, literal: string, operators: string[]][] = [
    ['name', '"x"', all],
    ['serial', '"x"', all],
    ['slots', '5', fits('eq ne gt ge lt le')],
    ['weight', '5.5', fits('eq ne gt ge lt le')],
    ['since', '"2026-01-01T00:00:00Z"', fits('eq ne gt ge lt le')],
    ['firmware', '"AAAA"', fits('eq ne')],
    ['tags', '"x"', all],
    ['ports', '80', fits('eq ne gt ge lt le')],
    ['place.floor', '1', fits('eq ne gt ge lt le')],
    [`${DEVICE_EXTENSION}:owner`, '"x"', all],
    ['meta.created', '"2026-01-01T00:00:00Z"', fits('eq ne gt ge lt le')],
    ['meta.version', '"x"', all],
    ['schemas', '"x"', all],
  ];
  for (const [attribute, literal, operators] of cases) {
    for (const operator of all) {
      const expected = operators.includes(operator) ? 'done' : '400 invalidFilter';
      t.equal(
        refusalOf(() => read(Device, `${attribute} ${operator} ${literal}`)),
        expected,
        `${attribute} ${operator}`,
      );
    }
    t.equal(
      refusalOf(() => read(Device, `${attribute} pr`)),
      'done',
      `${attribute} pr`,
    );
    t.equal(
      refusalOf(() => read(Device, `${attribute} eq null`)),
      'done',
      `${attribute} eq null`,
    );
  }
  for (const text of [
    'slots eq "5"',
    'weight eq "x"',
    'since eq 5',
    'slots eq true',
    'name eq 5',
    'name eq true',
    'tags[value gt null]',
    'pin eq "x"',
    'place.code eq "x"',
  ]) {
    t.equal(
      refusalOf(() => read(Device, text)),
      '400 invalidFilter',
      text,
    );
  }
});

const devices = [
  resource('D1', {
    name: 'd1',
    serial: 'AbC',
    tags: ['Red', 'blue'],
    ports: [80, 443],
    slots: 9,
    weight: 1.5,
    since: '2026-01-01T00:00:00Z',
    firmware: 'QQ==',
    place: { room: '', floor: 0 },
  }),
  resource('D2', {
    name: 'd2',
    tags: [],
    slots: 10,
    weight: -2,
    since: '2026-01-01T01:00:00+01:00',
    firmware: 'QUI=',
  }),
  resource('D3', {
    name: 'd3',
    serial: '',
    since: '2025-12-31T23:59:59.999999Z',
    parts: [{ number: 1, maker: 'X' }, { number: 2 }],
  }),
];

t.test('B4b values compare by their type', async (t) => {
  checkFound(t, Device, devices, [
    ['slots gt 9', 'D2'],
    ['slots le 9', 'D1'],
    ['slots ge 9.5', 'D2'],
    ['weight lt 0', 'D2'],
    ['weight eq 15e-1', 'D1'],
    ['since eq "2026-01-01T00:00:00.000Z"', 'D1 D2'],
    ['since lt "2026-01-01T00:00:00Z"', 'D3'],
    ['since eq "2026-01-01T00:00:00"', 'D1 D2'],
    ['firmware eq "QQ"', 'D1'],
    ['firmware ne "QQ=="', 'D2 D3'],
    ['serial eq "abc"', ''],
    ['serial eq "AbC"', 'D1'],
    ['serial sw "Ab"', 'D1'],
    ['serial pr', 'D1'],
    ['serial eq ""', 'D3'],
    ['tags eq "RED"', 'D1'],
    ['tags[value eq "RED"]', 'D1'],
    ['tags pr', 'D1'],
    ['tags ne "red"', 'D1 D2 D3'],
    ['ports gt 100', 'D1'],
    ['ports ne 80', 'D1 D2 D3'],
    ['place pr', 'D1'],
    ['place.room pr', ''],
    ['place.floor pr', 'D1'],
    ['place.floor eq 0', 'D1'],
    ['place.floor eq null', 'D2 D3'],
    ['parts[number eq 1 and maker eq "x"]', 'D3'],
    ['parts[number eq 2 and maker eq "x"]', ''],
    ['parts[number eq 2 and maker eq null]', 'D3'],
    ['parts[maker pr]', 'D3'],
    ['parts[not (maker pr)]', 'D3'],
    ['not (parts[maker pr])', 'D1 D2'],
  ]);
});

t.test(
  'B4.20 B4.21 an absent value makes every comparison false but ne, and not is plain negation',
  async (t) => {
    const [nobody] = [resource('N', { userName: 'n' })];
    for (const operator of ['eq', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']) {
      t.equal(found(User, [nobody], `title ${operator} ""`), '', operator);
      t.equal(found(User, [nobody], `not (title ${operator} "")`), 'N', `not ${operator}`);
    }
    checkFound(
      t,
      User,
      [nobody],
      [
        ['title ne "x"', 'N'],
        ['not (title ne "x")', ''],
        ['emails ne "x"', 'N'],
        ['emails[value ne "x"]', ''],
        ['not (title pr)', 'N'],
        ['not (not (title pr))', ''],
      ],
    );
  },
);

t.test('D4-37 text is ordered by code point', async (t) => {
  const texts = ['a', 'ab', 'é', '\uffee', '😀'].map((title) => resource(title, { userName: title, title }));
  t.equal(found(User, texts, 'title gt "a"'), 'ab é \uffee 😀');
  t.equal(found(User, texts, 'title lt "\\ud83d\\ude00"'), 'a ab é \uffee');
});

t.test('B4.14 quirk 44 memberships are asked for by id, in three spellings', async (t) => {
  for (const text of ['members eq "x"', 'members.value eq "x"', 'member eq "x"']) {
    const filter = read(Group, text, 'tolerant') as Extract<BoundFilter, { kind: 'compare' }>;
    t.match(filter, { kind: 'compare', operator: 'eq', operand: 'x', field: { storage: 'members' } }, text);
    t.equal(filter.field.sub?.name, 'value', text);
  }
  t.equal(
    refusalOf(() => read(Group, 'member eq "x"', 'strict')),
    '400 invalidFilter',
  );
});

t.test('quirk 37 to 44 what clients write is read, and recorded by name', async (t) => {
  const cases: [text: string, same: string, used: string][] = [
    ['emails[type eq "work"].value eq "x"', 'emails[type eq "work" and value eq "x"]', 'value-path-suffix'],
    [
      'emails[type eq "a" or type eq "b"].value pr',
      'emails[(type eq "a" or type eq "b") and value pr]',
      'value-path-suffix',
    ],
    ['externalId eq jyoung', 'externalId eq "jyoung"', 'unquoted-value'],
    ['userName sw O', 'userName sw "O"', 'unquoted-value'],
    [
      'employeeNumber eq 701984',
      `${ENTERPRISE}:employeeNumber eq "701984"`,
      'extension-attribute-without-urn unquoted-value',
    ],
    ['(userName eq jyoung)', 'userName eq "jyoung"', 'unquoted-value'],
    ['DisplayName eq "a"', 'displayName eq "a"', ''],
    ['emails.Value co "x"', 'emails.value co "x"', ''],
    ['userName eq"x"', 'userName eq "x"', ''],
    ['active eq "True"', 'active eq true', 'string-for-boolean-in-filter'],
    ['active eq True', 'active eq true', 'string-for-boolean-in-filter unquoted-value'],
    ['manager eq "x"', `${ENTERPRISE}:manager.value eq "x"`, 'extension-attribute-without-urn'],
    ['userName eq "a\\"b\\\\c"', 'userName eq "a\\u0022b\\u005cc"', ''],
  ];
  for (const [text, same, used] of cases) {
    const leniency = createLeniency('tolerant');
    t.strictSame(readFilter(User, text, leniency), read(User, same), text);
    t.equal([...leniency.used].sort().join(' '), used, `${text}: what is recorded`);
  }
});

t.test('B4.18 every common attribute has its place', async (t) => {
  const cases: [path: string, storage: Field['storage']][] = [
    ['id', 'id'],
    ['externalId', 'externalId'],
    ['meta.created', 'created'],
    ['meta.lastModified', 'lastModified'],
    ['meta.version', 'version'],
    ['meta.resourceType', 'resourceType'],
    ['schemas', 'schemas'],
    ['userName', 'key'],
    ['active', 'active'],
    ['groups', 'groups'],
    ['groups.display', 'groups'],
    ['title', 'document'],
    [`${ENTERPRISE}:manager.value`, 'document'],
  ];
  for (const [path, storage] of cases) {
    t.match(read(User, `${path} pr`), { kind: 'present', field: { storage } }, path);
  }
  t.match(read(Group, 'displayName pr'), { field: { storage: 'key' } });
});

t.test('quirk 47 a refusal names the attribute', async (t) => {
  for (const mode of MODES) {
    t.throws(() => read(User, 'shoeSize eq "9"', mode), { message: /"shoeSize"/, scimType: 'invalidFilter' });
    t.throws(() => read(User, 'active co "x"', mode), { message: /"co".*"active"/ });
  }
});
