/** Resources: accepted, validated, replaced, projected, folded, redacted. */
import t from 'tap';
import { checkIfMatch, namesVersion } from '../../src/scim/precondition.ts';
import { variantOf } from '../../src/scim/discovery/variant.ts';
import { resourceTypeResources, schemaResources, serviceProviderConfig } from '../../src/scim/discovery.ts';
import { readQuery } from '../../src/scim/list/query.ts';
import { listResponse } from '../../src/scim/list/listResponse.ts';
import { acceptResource } from '../../src/scim/resource/accept.ts';
import { isActive, withActive } from '../../src/scim/resource/active.ts';
import { changedPaths } from '../../src/scim/resource/changedPaths.ts';
import { type Document, equal } from '../../src/scim/resource/document.ts';
import { foldDocument } from '../../src/scim/resource/folded.ts';
import { createIntake } from '../../src/scim/resource/intake.ts';
import { project, versionTag } from '../../src/scim/resource/project.ts';
import { redact } from '../../src/scim/resource/redact.ts';
import { replaceDocument } from '../../src/scim/resource/replace.ts';
import type { Resource } from '../../src/scim/resource/resource.ts';
import { selectAttributes, selects } from '../../src/scim/resource/selection.ts';
import { validateDocument } from '../../src/scim/resource/validate.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import {
  CORE_GROUP,
  CORE_USER,
  DEVICE,
  Device,
  DEVICE_EXTENSION,
  ENTERPRISE,
  frozen,
  Group,
  MODES,
  type Mode,
  PATCH_OP,
  refusalOf,
  SELF,
  shipped,
  User,
} from '../support/protocol.ts';

const accept = (type: ResourceType, body: unknown, mode: Mode = 'strict') =>
  acceptResource(type, body, createIntake(createLeniency(mode)));
const acceptValid = (type: ResourceType, body: unknown, mode: Mode = 'strict'): Document => {
  const { document } = accept(type, body, mode);
  validateDocument(type, document);
  return document;
};
const user = (rest: object): object => ({ schemas: [CORE_USER, ENTERPRISE], userName: 'u', ...rest });
const device = (rest: object): object => ({ schemas: [DEVICE, DEVICE_EXTENSION], name: 'd', ...rest });

t.test('B2.02 B2.05 bodies that no tolerance covers are refused in both modes', async (t) => {
  const cases: [name: string, type: ResourceType, body: unknown, expected: string][] = [
    ['a list', User, [], '400 invalidSyntax'],
    ['text', User, 'x', '400 invalidSyntax'],
    ['null', User, null, '400 invalidSyntax'],
    ['a key in two spellings', User, user({ USERNAME: 'v' }), '400 invalidSyntax'],
    [
      'a sub-key in two spellings',
      User,
      user({ name: { givenName: 'a', GivenName: 'b' } }),
      '400 invalidSyntax',
    ],
    [
      'a key of an extension in two spellings',
      User,
      user({ [ENTERPRISE]: { department: 'a', DEPARTMENT: 'b' } }),
      '400 invalidSyntax',
    ],
    ['schemas as text', User, { schemas: CORE_USER, userName: 'u' }, '400 invalidSyntax'],
    ['schemas with numbers', User, { schemas: [5], userName: 'u' }, '400 invalidSyntax'],
    ['an object for text', User, user({ title: {} }), '400 invalidValue'],
    ['an object of nulls for text', User, user({ title: { value: null } }), '400 invalidValue'],
    ['an object among texts', Device, device({ tags: [{}] }), '400 invalidValue'],
    ['a list for text', User, user({ title: ['a', 'b'] }), '400 invalidValue'],
    ['an extension as text', User, user({ [ENTERPRISE]: 'x' }), '400 invalidValue'],
    ['an extension as a list', User, user({ [ENTERPRISE]: [] }), '400 invalidValue'],
    ['a boolean that is none', User, user({ active: 'yes' }), '400 invalidValue'],
    ['a boolean as a number', User, user({ active: 1 }), '400 invalidValue'],
    ['userName with U+0000', User, user({ userName: 'a\0' }), '400 invalidValue'],
    ['a lone surrogate', User, user({ name: { givenName: '\udc00' } }), '400 invalidValue'],
    ['userName as an object', User, user({ userName: { value: 'x' } }), '400 invalidValue'],
    ['an element as a list', User, user({ emails: [[{ value: 'a' }]] }), '400 invalidValue'],
    ['text where no value can be meant', User, user({ addresses: ['a'] }), '400 invalidValue'],
    [
      'a certificate that is no base64',
      User,
      user({ x509Certificates: [{ value: '!' }] }),
      '400 invalidValue',
    ],
    ['a key with a filter', User, user({ 'emails.value': 'x' }), '400 invalidSyntax'],
    ['a dateTime that is none', Device, device({ since: '2026-02-30T00:00:00Z' }), '400 invalidValue'],
    ['a fraction for an integer', Device, device({ slots: 1.5 }), '400 invalidValue'],
    ['an integer that is out of range', Device, device({ slots: 2 ** 53 }), '400 invalidValue'],
    ['a required sub-attribute missing', Device, device({ place: { floor: 1 } }), '400 invalidValue'],
    [
      'a required attribute of an extension missing',
      Device,
      device({ [DEVICE_EXTENSION]: { colour: 'red' } }),
      '400 invalidValue',
    ],
  ];
  for (const [name, type, body, expected] of cases) {
    for (const mode of MODES)
      t.equal(
        refusalOf(() => acceptValid(type, body, mode)),
        expected,
        `${name} (${mode})`,
      );
  }
});

t.test('A1.13 names are brought to the spelling of the schema', async (t) => {
  t.strictSame(
    acceptValid(User, {
      SCHEMAS: [CORE_USER.toUpperCase(), ENTERPRISE],
      USERNAME: 'U',
      NAME: { GIVENNAME: 'G' },
      Emails: [{ VALUE: 'a', Primary: true }],
      [ENTERPRISE.toUpperCase()]: { Manager: { VALUE: 'm', DisplayName: 'x' } },
    }),
    {
      userName: 'U',
      name: { givenName: 'G' },
      emails: [{ value: 'a', primary: true }],
      [ENTERPRISE]: { manager: { value: 'm' } },
    },
  );
});

t.test('A5.05 A5.07 what has no value is not kept', async (t) => {
  for (const nothing of [null, [], [{}], [null], [{ value: null }]])
    t.strictSame(acceptValid(User, user({ emails: nothing })), { userName: 'u' }, JSON.stringify(nothing));
  for (const nothing of [null, {}, { givenName: null }])
    t.strictSame(acceptValid(User, user({ name: nothing })), { userName: 'u' }, JSON.stringify(nothing));
  for (const nothing of [null, {}, { department: null }])
    t.strictSame(
      acceptValid(User, user({ [ENTERPRISE]: nothing })),
      { userName: 'u' },
      JSON.stringify(nothing),
    );
});

t.test('A3 values of every type are taken as they are', async (t) => {
  const values = {
    slots: 1,
    weight: 1.5,
    since: '2026-01-01T00:00:00+02:00',
    firmware: 'QQ',
    tags: ['a', 'A'],
    ports: [1],
    serial: 's',
  };
  t.strictSame(acceptValid(Device, device(values)), { name: 'd', ...values });
  t.strictSame(
    acceptValid(Device, device({ slots: '5', weight: '1.5', ports: '80', tags: 'a' }), 'tolerant'),
    { name: 'd', slots: 5, weight: 1.5, ports: [80], tags: ['a'] },
  );
  for (const text of ['5x', '1e5', '', '0x5'])
    t.equal(
      refusalOf(() => acceptValid(Device, device({ slots: text }))),
      '400 invalidValue',
      text,
    );
});

t.test('B12 a refusal names the attribute by its path', async (t) => {
  const cases: [body: object, expected: RegExp, type?: ResourceType][] = [
    [{ schemas: [CORE_USER] }, /"userName" is required/],
    [user({ userName: '' }), /"userName" must not be empty/],
    [user({ name: { givenName: 5 } }), /"name\.givenName" is not of its declared type/],
    [user({ emails: [{ value: 'a' }, { primary: 'x' }] }), /"emails\.primary" is not/],
    [user({ [ENTERPRISE]: { department: { a: 1 } } }), new RegExp(`"${ENTERPRISE}:department" is not`)],
    [
      user({ [ENTERPRISE]: { manager: { value: {} } } }),
      new RegExp(`"${ENTERPRISE}:manager\\.value" is not`),
    ],
    [
      device({ [DEVICE_EXTENSION]: { colour: 'x' } }),
      new RegExp(`"${DEVICE_EXTENSION}:owner" is required`),
      Device,
    ],
    [device({ since: 'x' }), /"since" is not a valid date-time/, Device],
    [device({ slots: 1e300 }), /"slots" is out of range/, Device],
    [user({ title: 'a\0' }), /"title" holds characters/],
  ];
  for (const [body, message, type = User] of cases)
    t.throws(() => acceptValid(type, body), { message }, String(message));
});

t.test('B5 a PUT leaves what its body gives', async (t) => {
  const before: Document = frozen({
    name: 'd',
    tags: ['a'],
    serial: 'S',
    [DEVICE_EXTENSION]: { owner: 'o', stamp: 's', colour: 'red' },
  });
  const put = (body: object, mode: Mode): Document =>
    replaceDocument(Device, before, accept(Device, body, mode), createLeniency(mode));
  const cases: [name: string, body: object, tolerant: unknown, strict: unknown][] = [
    [
      'B5.02 what is left out is cleared',
      device({ [DEVICE_EXTENSION]: { owner: 'p' } }),
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { owner: 'p', stamp: 's' } },
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { owner: 'p', stamp: 's' } },
    ],
    [
      'B5.02 an extension of which nothing is said',
      device({}),
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { owner: 'o', stamp: 's', colour: 'red' } },
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { stamp: 's' } },
    ],
    [
      'B5.02 an extension that is nulled',
      device({ [DEVICE_EXTENSION]: null }),
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { stamp: 's' } },
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { stamp: 's' } },
    ],
    [
      'B5.04 immutable and the same',
      device({ serial: 'S', [DEVICE_EXTENSION]: { owner: 'o' } }),
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { owner: 'o', stamp: 's' } },
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { owner: 'o', stamp: 's' } },
    ],
    ['B5.04 immutable and another', device({ serial: 'T' }), '400 mutability', '400 mutability'],
    [
      'B5.04 immutable in an extension',
      device({ [DEVICE_EXTENSION]: { owner: 'o', stamp: 't' } }),
      '400 mutability',
      '400 mutability',
    ],
    [
      'B5.03 readOnly',
      device({ id: 'x', meta: {}, [DEVICE_EXTENSION]: { owner: 'o' } }),
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { owner: 'o', stamp: 's' } },
      { name: 'd', serial: 'S', [DEVICE_EXTENSION]: { owner: 'o', stamp: 's' } },
    ],
  ];
  for (const [name, body, tolerant, strict] of cases) {
    for (const mode of MODES) {
      const expected = mode === 'tolerant' ? tolerant : strict;
      if (typeof expected === 'string')
        t.equal(
          refusalOf(() => put(body, mode)),
          expected,
          `${name} (${mode})`,
        );
      else t.strictSame(put(body, mode), expected, `${name} (${mode})`);
    }
  }
});

t.test('A6.03 active is true for a new user, and what it was where nothing is said', async (t) => {
  t.strictSame(withActive(User, { userName: 'u' }), { userName: 'u', active: true });
  t.strictSame(withActive(User, { userName: 'u' }, { active: false }), { userName: 'u', active: false });
  t.strictSame(withActive(User, { userName: 'u', active: false }, { active: true }), {
    userName: 'u',
    active: false,
  });
  t.strictSame(withActive(Group, { displayName: 'g' }), { displayName: 'g' });
  t.ok(isActive(Group, {}) && isActive(User, {}) && !isActive(User, { active: false }));
});

const full: Resource = {
  id: SELF,
  document: {
    userName: 'u',
    title: 'T',
    name: { givenName: 'G', familyName: 'F' },
    emails: [{ type: 'work', value: 'a' }, { value: 'b' }],
    [ENTERPRISE]: { department: 'D', manager: { value: 'm' } },
  },
  version: 3,
  created: new Date('2026-01-02T03:04:05.678Z'),
  lastModified: new Date('2026-01-03T00:00:00Z'),
  groups: [
    { id: 'g', type: Group, display: 'G', direct: true },
    { id: 'h', type: Group, display: undefined, direct: false },
  ],
};
const base = 'https://x/scim/v2';
const shown = (only?: string[], except?: string[], resource = full, type = User): Document =>
  project(type, resource, selectAttributes(type, only, except, createLeniency('tolerant')), base);

t.test('A1 B4.50 a resource is shown whole, with meta and what is derived', async (t) => {
  t.strictSame(shown(), {
    schemas: [CORE_USER, ENTERPRISE],
    id: SELF,
    ...full.document,
    groups: [
      { value: 'g', $ref: `${base}/Groups/g`, display: 'G', type: 'direct' },
      { value: 'h', $ref: `${base}/Groups/h`, type: 'indirect' },
    ],
    meta: {
      resourceType: 'User',
      created: '2026-01-02T03:04:05.678Z',
      lastModified: '2026-01-03T00:00:00.000Z',
      location: `${base}/Users/${SELF}`,
      version: 'W/"3"',
    },
  });
  const group = project(
    Group,
    { ...full, document: { displayName: 'g' }, members: [{ id: 'm', type: User, display: 'M' }] },
    selectAttributes(Group, undefined, undefined, createLeniency('strict')),
    base,
  );
  t.strictSame(group['members'], [{ value: 'm', $ref: `${base}/Users/m`, type: 'User', display: 'M' }]);
  t.equal(versionTag(7), 'W/"7"');
  t.strictSame(Object.keys(shown()).slice(0, 2), ['schemas', 'id']);
  t.equal(Object.keys(shown()).at(-1), 'meta');
});

t.test('B4.51 to B4.56 attributes and excludedAttributes choose what is shown', async (t) => {
  const schemas = [CORE_USER, ENTERPRISE];
  const always = { schemas, id: SELF };
  const cases: [only: string[], expected: object][] = [
    [['userName'], { ...always, userName: 'u' }],
    [['USERNAME', ' title '], { ...always, userName: 'u', title: 'T' }],
    [['password'], always],
    [['unknown'], always],
    [['name'], { ...always, name: { givenName: 'G', familyName: 'F' } }],
    [['name.givenName'], { ...always, name: { givenName: 'G' } }],
    [['name.givenName', 'name'], { ...always, name: { givenName: 'G', familyName: 'F' } }],
    [['name', 'name.givenName'], { ...always, name: { givenName: 'G', familyName: 'F' } }],
    [['emails.type'], { ...always, emails: [{ type: 'work' }] }],
    [['emails[type eq "work"]'], { ...always, emails: [{ type: 'work', value: 'a' }, { value: 'b' }] }],
    [[ENTERPRISE], { ...always, [ENTERPRISE]: { department: 'D', manager: { value: 'm' } } }],
    [[`${ENTERPRISE}:department`], { ...always, [ENTERPRISE]: { department: 'D' } }],
    [['department'], { ...always, [ENTERPRISE]: { department: 'D' } }],
    [[`${CORE_USER}:userName`], { ...always, userName: 'u' }],
    [['meta.version'], { ...always, meta: { version: 'W/"3"' } }],
    [['groups.value'], { ...always, groups: [{ value: 'g' }, { value: 'h' }] }],
  ];
  for (const [only, expected] of cases) t.strictSame(shown(only), expected, `attributes=${only.join(',')}`);

  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(shown()).filter(([name]) => !names.includes(name)));
  const excluded: [except: string[], expected: object][] = [
    [['id', 'userName', 'schemas'], without('userName')],
    [['meta', 'groups'], without('meta', 'groups')],
    [['name.givenName'], { ...shown(), name: { familyName: 'F' } }],
    [['emails.value'], { ...shown(), emails: [{ type: 'work' }] }],
    [[ENTERPRISE], without(ENTERPRISE)],
    [[`${ENTERPRISE}:manager`], { ...shown(), [ENTERPRISE]: { department: 'D' } }],
    [['unknown'], shown()],
  ];
  for (const [except, expected] of excluded)
    t.strictSame(shown(undefined, except), expected, `excludedAttributes=${except.join(',')}`);
  t.strictSame(shown([], []), shown(), 'empty parameters choose nothing');
  t.equal(
    refusalOf(() => shown(['title'], ['name'])),
    '400 invalidValue',
    'B4.52',
  );
});

t.test('A4.05 what is returned on request, always or never is so, in sub-attributes too', async (t) => {
  const resource: Resource = {
    ...full,
    document: {
      name: 'd',
      notes: 'n',
      pin: '1',
      place: { room: 'A', code: '1' },
      parts: [{ number: 1, grade: 'g', key: 'k' }, { grade: 'h' }],
    },
  };
  const of = (only?: string[], except?: string[]) => {
    const { schemas: _schemas, id: _id, meta: _meta, ...rest } = shown(only, except, resource, Device);
    return rest;
  };
  t.strictSame(of(), { name: 'd', place: { room: 'A' }, parts: [{ number: 1, key: 'k' }] });
  t.strictSame(of(['notes']), { notes: 'n' });
  t.strictSame(of(['pin', 'place.code']), {});
  t.strictSame(of(['parts']), { parts: [{ number: 1, key: 'k' }] });
  t.strictSame(of(['parts.grade']), { parts: [{ grade: 'g', key: 'k' }, { grade: 'h' }] });
  t.strictSame(of(undefined, ['parts.key', 'parts.number', 'notes', 'place']), {
    name: 'd',
    parts: [{ key: 'k' }],
  });
});

t.test('B4.51 what is not shown need not be read', async (t) => {
  const groups = User.attributes.get('groups');
  if (!groups) throw new Error('groups is not declared');
  const of = (only?: string[], except?: string[]) =>
    selects(selectAttributes(User, only, except, createLeniency('strict')), groups);
  t.ok(of() && of(['groups']) && of(['groups.value']) && of(undefined, ['groups.display']));
  t.notOk(of(['title']) || of(undefined, ['groups']));
});

t.test('B4.16 the folded twin of a document has what is compared and has no column', async (t) => {
  t.strictSame(
    foldDocument(User, {
      userName: 'U',
      nickName: 'Straße',
      externalId: 'X',
      active: false,
      emails: [{ value: 'A@B', type: 'Work', primary: true }],
      [ENTERPRISE]: { employeeNumber: 'N', manager: { value: 'M', $ref: '../Users/M' } },
    }),
    {
      username: 'u',
      nickname: 'strasse',
      emails: [{ value: 'a@b', type: 'work', primary: true }],
      [ENTERPRISE.toLowerCase()]: { employeenumber: 'n', manager: { value: 'M', $ref: '../Users/M' } },
    },
  );
  t.strictSame(foldDocument(Device, { since: '2026-01-01T01:00:00+01:00', firmware: 'QQ==', ports: [1] }), {
    since: '2026-01-01T00:00:00.000000Z',
    firmware: 'QQ',
    ports: [1],
  });
});

t.test('the feed names what differs, down to the attributes of extensions', async (t) => {
  const cases: [before: Document, after: Document, expected: string[]][] = [
    [{ a: 1 }, { a: 1 }, []],
    [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, []],
    [{ a: [1, 2] }, { a: [2, 1] }, ['a']],
    [{ a: 1 }, { b: 1 }, ['a', 'b']],
    [{}, { [ENTERPRISE]: { department: 'D' } }, [`${ENTERPRISE}:department`]],
    [
      { [ENTERPRISE]: { department: 'D', division: 'X' } },
      { [ENTERPRISE]: { department: 'E', division: 'X' } },
      [`${ENTERPRISE}:department`],
    ],
    [{ [ENTERPRISE]: { department: 'D' } }, {}, [`${ENTERPRISE}:department`]],
  ];
  for (const [before, after, expected] of cases)
    t.strictSame(changedPaths(before, after), expected, JSON.stringify([before, after]));
  t.notOk(
    equal([], {}) || equal(null, {}) || equal({ a: undefined }, {}) || equal(1, '1') || equal([1], [1, 2]),
  );
});

t.test('A6.02 passwords are taken out of what is kept of a request', async (t) => {
  const secret = 's3cret';
  const bodies: unknown[] = [
    { userName: 'u', password: secret },
    { PASSWORD: secret, [`${CORE_USER}:password`]: secret },
    { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'password', value: secret }] },
    { Operations: [{ op: 'replace', PATH: ` ${CORE_USER}:Password `, VALUE: secret }] },
    { Operations: [{ op: 'replace', value: { password: secret } }] },
    { Operations: [{ op: 'replace', path: 'password', value: { value: secret } }] },
    [{ password: [secret] }],
  ];
  for (const body of bodies) t.notMatch(JSON.stringify(redact([User], body)), secret, JSON.stringify(body));
  t.strictSame(
    redact([User], { userName: 'u', name: { givenName: 'G' }, Operations: [{ path: 'title', value: 'T' }] }),
    { userName: 'u', name: { givenName: 'G' }, Operations: [{ path: 'title', value: 'T' }] },
  );
  const group = { displayName: 'g' };
  t.equal(redact([Group], group), group);
  for (const body of [null, undefined, 'x', 5]) t.equal(redact([User], body), body);
});

t.test('B11.02 B11.03 entity tags are compared by their opaque part', async (t) => {
  const cases: [header: string, version: number, expected: boolean][] = [
    ['W/"3"', 3, true],
    ['"3"', 3, true],
    ['w/"3"', 3, true],
    ['*', 3, true],
    [' * ', 3, true],
    ['W/"1", W/"3"', 3, true],
    ['W/"3"', 4, false],
    ['W/"33"', 3, false],
    ['3', 3, false],
    ['', 3, false],
    ['W/3', 3, false],
    ['"*"', 3, false],
  ];
  for (const [header, version, expected] of cases) {
    t.equal(namesVersion(header, version), expected, `${header} ${version}`);
    t.equal(
      refusalOf(() => checkIfMatch(header, version)),
      expected ? 'done' : '412',
      `If-Match: ${header}`,
    );
  }
  t.equal(
    refusalOf(() => checkIfMatch(undefined, 1)),
    'done',
    'B11.07 none is asked for',
  );
});

t.test('B4.40 B4.41 D5 paging parameters are read as the standard has it', async (t) => {
  const cases: [parameters: Record<string, unknown>, startIndex: number, count: number][] = [
    [{}, 1, 100],
    [{ count: '10' }, 1, 10],
    [{ startIndex: '21', count: '10' }, 21, 10],
    [{ startIndex: '0' }, 1, 100],
    [{ startIndex: '-3' }, 1, 100],
    [{ count: '-1' }, 1, 0],
    [{ count: '0' }, 1, 0],
    [{ count: '5000' }, 1, 1000],
    [{ count: '', startIndex: ' ' }, 1, 100],
    [{ unknown: 'x', Count: '5' }, 1, 100],
  ];
  for (const [parameters, startIndex, count] of cases)
    t.match(readQuery(parameters), { startIndex, count }, JSON.stringify(parameters));
  for (const parameters of [
    { count: 'abc' },
    { count: '1.5' },
    { count: '1e2' },
    { startIndex: '0x1' },
    { count: ['1', '2'] },
    { filter: ['a', 'b'] },
  ]) {
    t.equal(
      refusalOf(() => readQuery(parameters)),
      '400 invalidValue',
      JSON.stringify(parameters),
    );
  }
  t.strictSame(readQuery({ attributes: 'userName, emails ,,' }).attributes, ['userName', 'emails']);
});

t.test('B4.01 a list says how many there are and how many it holds', async (t) => {
  t.strictSame(listResponse([], 0, { startIndex: 1 }), {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: 0,
    startIndex: 1,
    itemsPerPage: 0,
    Resources: [],
  });
  t.match(listResponse([{ id: '1' }], 25, { startIndex: 21 }), {
    totalResults: 25,
    startIndex: 21,
    itemsPerPage: 1,
  });
});

t.test('B10 A9 to A11 discovery says what is declared', async (t) => {
  const config = serviceProviderConfig(base, 1_048_576, variantOf(undefined));
  for (const name of ['patch', 'bulk', 'filter', 'changePassword', 'sort', 'etag'])
    t.type((config[name] as { supported: unknown }).supported, 'boolean', name);
  t.match(config, {
    patch: { supported: true },
    filter: { supported: true },
    etag: { supported: true },
    changePassword: { supported: false },
  });
  t.match(config, {
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  });

  const schemas = schemaResources(shipped, base, variantOf(undefined));
  t.ok(
    schemas.some(({ id }) => id === CORE_USER) && schemas.every(({ id }) => !String(id).includes(':api:')),
    'A2.04',
  );
  for (const schema of schemas)
    t.match(schema, {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
      meta: { location: `${base}/Schemas/${String(schema['id'])}` },
    });
  const uniqueness = (allowDuplicateGroupNames: boolean): unknown => {
    const group = schemaResources(shipped, base, { ...variantOf(undefined), allowDuplicateGroupNames }).find(
      ({ id }) => id === CORE_GROUP,
    );
    return ((group?.['attributes'] ?? []) as { name: string; uniqueness?: string }[]).find(
      ({ name }) => name === 'displayName',
    )?.uniqueness;
  };
  t.equal(uniqueness(false), 'server');
  t.equal(uniqueness(true), 'none', 'A9.03');

  const [users, groups] = resourceTypeResources(shipped, base);
  t.match(users, {
    id: 'User',
    endpoint: '/Users',
    schema: CORE_USER,
    schemaExtensions: [{ schema: ENTERPRISE, required: false }],
  });
  t.notOk(groups && 'schemaExtensions' in groups);
});
