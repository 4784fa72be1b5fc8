/** Names, registry, dateTimes and folding. */
import t from 'tap';
import { buildRegistry } from '../../src/scim/schema/registry.ts';
import { instant } from '../../src/scim/schema/dateTime.ts';
import { fold, usernameCaseMapped, userNameKey } from '../../src/scim/schema/fold.ts';
import { resolve } from '../../src/scim/schema/resolve.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { hasMembers, isDiscarded } from '../../src/scim/schema/storage.ts';
import { createLeniency } from '../../src/scim/tolerance.ts';
import {
  CORE_USER,
  define,
  Device,
  DEVICE_EXTENSION,
  ENTERPRISE,
  Group,
  type Mode,
  shipped,
  User,
} from '../support/protocol.ts';

t.test('A3.04 a dateTime names an instant, whatever its zone and precision', async (t) => {
  const cases: [text: string, expected: string | undefined][] = [
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000Z'],
    ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678000Z'],
    ['2026-01-02T04:04:05.678+01:00', '2026-01-02T03:04:05.678000Z'],
    ['2015-10-10T14:38:21.8617979-07:00', '2015-10-10T21:38:21.861797Z'],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000000Z'],
    ['2026-01-02t03:04:05z', '2026-01-02T03:04:05.000000Z'],
    ['2026-01-01T24:00:00Z', '2026-01-02T00:00:00.000000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999999Z'],
    ['1900-02-29T00:00:00Z', undefined],
    ['2026-02-29T00:00:00Z', undefined],
    ['2026-02-31T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-00-01T00:00:00Z', undefined],
    ['2026-01-00T00:00:00Z', undefined],
    ['2026-01-01T25:00:00Z', undefined],
    ['2026-01-01T00:60:00Z', undefined],
    ['2026-01-01T00:00:61Z', undefined],
    ['2026-01-01T00:00:00+25:00', undefined],
    ['0000-01-01T00:00:00Z', undefined],
    ['0001-01-01T00:00:00+01:00', undefined],
    ['9999-12-31T23:59:59-01:00', undefined],
    ['-0001-01-01T00:00:00Z', undefined],
    ['12026-01-01T00:00:00Z', undefined],
    ['2026-01-01', undefined],
    ['2026-01-01T00:00Z', undefined],
    ['2026-01-01 00:00:00Z', undefined],
    ['2026-01-01T00:00:00.Z', undefined],
    [' 2026-01-01T00:00:00Z', undefined],
    ['2026-01-01T00:00:00Z\n', undefined],
    ['now', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) t.equal(instant(text), expected, JSON.stringify(text));
});

t.test('B14.03 text is folded the same in every locale', async (t) => {
  const same: [left: string, right: string][] = [
    ['Straße', 'STRASSE'],
    ['ẞ', 'ss'],
    ['ΟΔΟΣ', 'οδός'.normalize('NFD').replaceAll('\u0301', '')],
    ['Ὀδυσσεύς', 'ὈΔΥΣΣΕΎΣ'],
    ['e\u0301', 'É'],
    ['ﬁ', 'FI'],
    ['ǅ', 'ǆ'],
    ['К', 'к'],
    ['\u1e9b\u0323', '\u1e9b\u0323'.normalize('NFD')],
  ];
  for (const [left, right] of same) t.equal(fold(left), fold(right), `${left} = ${right}`);
  for (const [left, right] of [
    ['ı', 'i'],
    ['a', 'á'],
    ['o', 'ö'],
    ['1', '¹'],
  ] as const)
    t.not(fold(left), fold(right), `${left} ≠ ${right}`);
  t.equal(fold('ABC xyz %_'), 'abc xyz %_');
  for (const text of ['İ', 'ß', 'ŉ', '😀', 'ᾳ', 'ΐ', 'ı', 'ς', ''])
    t.equal(fold(fold(text)), fold(text), `${text} is folded once for all`);
});

t.test('B14.02 userNames are prepared by UsernameCaseMapped where it applies', async (t) => {
  const cases: [text: string, expected: string | undefined][] = [
    ['BJensen@Example.com', 'bjensen@example.com'],
    ['Straße', 'straße'],
    ['ｊｏ', 'jo'],
    ['e\u0301', 'é'],
    ['jo smith', undefined],
    ['', undefined],
    ['a\0', undefined],
    ['jo™', undefined],
  ];
  for (const [text, expected] of cases) t.equal(usernameCaseMapped(text), expected, JSON.stringify(text));
  t.equal(userNameKey('Jo Smith'), 'jo smith');
  t.equal(userNameKey('Ｊｏ Smith'), 'jo smith');
  t.equal(userNameKey('#EXT#'), '#ext#');
  t.not(userNameKey('straße'), userNameKey('STRASSE'));
});

const resolved = (type: ResourceType, text: string, mode: Mode = 'strict'): string => {
  const found = resolve(type, text, createLeniency(mode));
  if (!found) return 'nothing';
  return found.kind === 'extension' ? `extension ${found.extension.id}` : (found.sub ?? found.attribute).path;
};

t.test('B4.11 A1.13 names resolve without regard to case, with the longest URN', async (t) => {
  const cases: [text: string, expected: string, tolerant?: string][] = [
    ['userName', 'userName'],
    ['USERNAME', 'userName'],
    ['name.FAMILYNAME', 'name.familyName'],
    ['manager.$ref', 'nothing', `${ENTERPRISE}:manager.$ref`],
    [`${CORE_USER}:userName`, 'userName'],
    [`${CORE_USER}:name.givenName`, 'name.givenName'],
    [`${CORE_USER.toUpperCase()}:id`, 'id'],
    [CORE_USER, 'nothing'],
    [`${CORE_USER}:`, 'nothing'],
    [ENTERPRISE, `extension ${ENTERPRISE}`],
    [ENTERPRISE.toLowerCase(), `extension ${ENTERPRISE}`],
    [`${ENTERPRISE}:department`, `${ENTERPRISE}:department`],
    [`${ENTERPRISE}:manager.value`, `${ENTERPRISE}:manager.value`],
    [`${ENTERPRISE}:userName`, 'nothing'],
    [`${ENTERPRISE}:`, 'nothing'],
    [`${ENTERPRISE}x:department`, 'nothing'],
    ['department', 'nothing', `${ENTERPRISE}:department`],
    ['urn:other:department', 'nothing'],
    ['name.givenName.x', 'nothing'],
    ['name.', 'nothing'],
    ['.name', 'nothing'],
    ['', 'nothing'],
    ['__proto__', 'nothing'],
    ['constructor', 'nothing'],
  ];
  for (const [text, expected, tolerant = expected] of cases) {
    t.equal(resolved(User, text), expected, `${text} (strict)`);
    t.equal(resolved(User, text, 'tolerant'), tolerant, `${text} (tolerant)`);
  }
  t.equal(resolved(Device, 'colour', 'tolerant'), `${DEVICE_EXTENSION}:colour`);
  t.equal(resolved(Device, 'tags', 'tolerant'), 'tags', 'the base attribute comes first');
});

t.test('B4.11 a name that two extensions have is not resolved without its URN', async (t) => {
  const schema = (id: string) => ({ id, name: id, description: id, attributes: [define('colour')] });
  const registry = buildRegistry({
    common: [],
    schemas: [{ ...schema('urn:b'), attributes: [] }, schema('urn:x'), schema('urn:x:y')],
    resourceTypes: [
      {
        id: 'B',
        name: 'B',
        description: 'B',
        endpoint: '/Bs',
        schema: 'urn:b',
        schemaExtensions: [
          { schema: 'urn:x', required: false },
          { schema: 'URN:X:Y', required: false },
        ],
      },
    ],
  });
  const type = registry.byName.get('B') as ResourceType;
  t.equal(resolved(type, 'colour', 'tolerant'), 'nothing');
  t.equal(resolved(type, 'urn:x:colour'), 'urn:x:colour');
  t.equal(resolved(type, 'urn:x:y:colour'), 'urn:x:y:colour', 'the longest URN');
});

t.test('A2.03 a resource type whose schema is not there stops the start', async (t) => {
  const resourceTypes = [
    { id: 'B', name: 'B', description: 'B', endpoint: '/Bs', schema: 'urn:b', schemaExtensions: [] },
  ];
  t.throws(() => buildRegistry({ common: [], schemas: [], resourceTypes }), /urn:b/);
});

t.test('A1.04 the shipped resource types are built from data', async (t) => {
  t.strictSame(
    shipped.resourceTypes.map(({ name, endpoint }) => [name, endpoint]),
    [
      ['User', '/Users'],
      ['Group', '/Groups'],
    ],
  );
  t.equal(shipped.byEndpoint.get('/Users'), User);
  t.equal(User.keyAttribute?.name, 'userName');
  t.equal(Group.keyAttribute?.name, 'displayName');
  t.equal(Device.keyAttribute?.name, 'name');
  t.strictSame([...User.attributes.keys()].slice(0, 4), ['schemas', 'id', 'externalid', 'meta']);
  t.match(User.attributes.get('id'), { caseExact: true, mutability: 'readOnly', returned: 'always' });
  t.match(User.attributes.get('externalid'), { caseExact: true, mutability: 'readWrite' });
  t.notOk(hasMembers(User));
  t.ok(hasMembers(Group));
  t.strictSame(
    [...User.attributes.values()].filter(isDiscarded).map(({ name }) => name),
    ['password'],
    'A6.02',
  );
  t.ok(Object.isFrozen(User) && Object.isFrozen(User.attributes.get('name')));
});

t.test('A4.01 every shipped attribute states every characteristic', async (t) => {
  const all = (list: typeof shipped.definitions.common): typeof list =>
    list.flatMap((one) => [one, ...all(one.subAttributes ?? [])]);
  for (const { id, attributes } of [
    ...shipped.definitions.schemas,
    ...(shipped.definitions.optional?.schemas ?? []),
    { id: 'common', attributes: shipped.definitions.common },
  ]) {
    for (const attribute of all(attributes)) {
      const keys = ['name', 'type', 'multiValued', 'description', 'required', 'mutability', 'returned'];
      if (attribute.type === 'complex') keys.push('subAttributes');
      else keys.push('caseExact', 'uniqueness');
      if (attribute.type === 'reference') keys.push('referenceTypes');
      const missing = keys.filter((key) => !Object.hasOwn(attribute, key));
      if (missing.length > 0) t.fail(`${id} ${attribute.name} lacks ${missing.join(', ')}`);
    }
  }
  t.pass();
});
