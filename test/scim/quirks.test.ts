/** The deviations of docs/tolerances.md in bodies and PATCH: what is understood, and under which name it is recorded. */
import t from 'tap';
import { acceptResource } from '../../src/scim/resource/accept.ts';
import { withActive } from '../../src/scim/resource/active.ts';
import type { Document } from '../../src/scim/resource/document.ts';
import { createIntake } from '../../src/scim/resource/intake.ts';
import { replaceDocument } from '../../src/scim/resource/replace.ts';
import { validateDocument } from '../../src/scim/resource/validate.ts';
import type { ResourceType } from '../../src/scim/schema/resourceType.ts';
import { createLeniency, type Tolerance } from '../../src/scim/tolerance.ts';
import {
  CORE_GROUP,
  CORE_USER,
  ENTERPRISE,
  frozen,
  Group,
  type Mode,
  patchOf,
  refusalOf,
  runPatch,
  SELF,
  User,
} from '../support/protocol.ts';

const user: Document = frozen({ userName: 'u', active: true });
const work = { type: 'work', value: 'w@w.w' };

type PatchCase = [
  name: string,
  before: Document,
  operations: unknown[],
  after: Document,
  used: Tolerance[],
  /** How strict mode refuses it, or `done`. */
  strict: string,
];

const manager = `${ENTERPRISE}:manager`;
const patches: PatchCase[] = [
  [
    'quirk 1 op with a capital',
    user,
    [{ op: 'Add', path: 'title', value: 'T' }],
    { ...user, title: 'T' },
    ['operation-case'],
    '400 invalidSyntax',
  ],
  [
    'quirk 1 op in capitals',
    user,
    [{ op: 'REPLACE', path: 'title', value: 'T' }],
    { ...user, title: 'T' },
    ['operation-case'],
    '400 invalidSyntax',
  ],
  [
    'quirk 1 Remove',
    { ...user, title: 'T' },
    [{ op: 'Remove', path: 'title' }],
    user,
    ['operation-case'],
    '400 invalidSyntax',
  ],
  [
    'quirk 2 active as "False"',
    user,
    [{ op: 'replace', path: 'active', value: 'False' }],
    { ...user, active: false },
    ['boolean-as-string'],
    '400 invalidValue',
  ],
  [
    'quirk 2 active as "true"',
    { ...user, active: false },
    [{ op: 'replace', path: 'active', value: 'true' }],
    user,
    ['boolean-as-string'],
    '400 invalidValue',
  ],
  [
    'quirk 3 active without a path',
    user,
    [{ op: 'replace', value: { active: false } }],
    { ...user, active: false },
    [],
    'done',
  ],
  [
    'quirk 3 active as "False" without a path',
    user,
    [{ op: 'replace', value: { active: 'False' } }],
    { ...user, active: false },
    ['boolean-as-string'],
    '400 invalidValue',
  ],
  [
    'quirk 4 a dotted key',
    user,
    [{ op: 'replace', value: { 'name.givenName': 'Kkom' } }],
    { ...user, name: { givenName: 'Kkom' } },
    ['attribute-as-path'],
    '400 invalidPath',
  ],
  [
    'quirk 4 dotted keys of one parent',
    user,
    [{ op: 'add', value: { 'name.givenName': 'K', 'name.familyName': 'L' } }],
    { ...user, name: { givenName: 'K', familyName: 'L' } },
    ['attribute-as-path'],
    '400 invalidPath',
  ],
  [
    'quirk 4 a filter in a key',
    user,
    [{ op: 'replace', value: { 'emails[type eq "work"].value': 'w@w.w' } }],
    { ...user, emails: [work] },
    ['attribute-as-path', 'value-path-creates'],
    '400 invalidPath',
  ],
  [
    'quirk 5 a URN-qualified key',
    user,
    [{ op: 'replace', value: { [`${ENTERPRISE}:employeeNumber`]: 'x' } }],
    { ...user, [ENTERPRISE]: { employeeNumber: 'x' } },
    [],
    'done',
  ],
  [
    'quirk 6 an extension container',
    { ...user, [ENTERPRISE]: { costCenter: '1' } },
    [{ op: 'replace', value: { [ENTERPRISE]: { department: 'x' } } }],
    { ...user, [ENTERPRISE]: { costCenter: '1', department: 'x' } },
    [],
    'done',
  ],
  [
    'quirk 7 a filter that selects nothing',
    user,
    [{ op: 'replace', path: 'emails[type eq "work"].value', value: 'w@w.w' }],
    { ...user, emails: [work] },
    ['value-path-creates'],
    '400 noTarget',
  ],
  [
    'quirk 7 an address',
    user,
    [{ op: 'add', path: 'addresses[type eq "work"].postalCode', value: '1' }],
    { ...user, addresses: [{ type: 'work', postalCode: '1' }] },
    ['value-path-creates'],
    '400 noTarget',
  ],
  [
    'quirk 7 the other elements stay',
    { ...user, emails: [work] },
    [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'h' }],
    { ...user, emails: [work, { type: 'home', value: 'h' }] },
    ['value-path-creates'],
    '400 noTarget',
  ],
  [
    'quirk 8 roles[primary eq "True"]',
    user,
    [
      { op: 'replace', path: 'roles[primary eq "True"].display', value: 'D' },
      { op: 'replace', path: 'roles[primary eq "True"].value', value: 'V' },
      { op: 'replace', path: 'roles[primary eq "True"].type', value: 'T' },
    ],
    { ...user, roles: [{ primary: true, display: 'D', value: 'V', type: 'T' }] },
    ['boolean-as-string', 'string-for-boolean-in-filter', 'value-path-creates'],
    '400 invalidFilter',
  ],
  [
    'quirk 9 a boolean in the filter',
    user,
    [{ op: 'replace', path: 'roles[primary eq true].value', value: 'V' }],
    { ...user, roles: [{ primary: true, value: 'V' }] },
    ['value-path-creates'],
    '400 noTarget',
  ],
  [
    'quirk 9 a filter after a URN',
    user,
    [{ op: 'replace', path: `${CORE_USER}:emails[type eq "work"].value`, value: 'w@w.w' }],
    { ...user, emails: [work] },
    ['value-path-creates'],
    '400 noTarget',
  ],
  [
    'quirk 9 a filter on what is not declared',
    user,
    [{ op: 'replace', path: `${ENTERPRISE}:contacts[primary eq true].value`, value: 'x' }],
    user,
    ['attribute-undeclared', 'unknown-path'],
    '400 invalidPath',
  ],
  [
    'quirk 10 manager as text',
    user,
    [{ op: 'Add', path: manager, value: '271' }],
    { ...user, [ENTERPRISE]: { manager: { value: '271' } } },
    ['operation-case', 'string-for-complex'],
    '400 invalidSyntax',
  ],
  [
    'quirk 10 manager as text, alone',
    user,
    [{ op: 'add', path: manager, value: '271' }],
    { ...user, [ENTERPRISE]: { manager: { value: '271' } } },
    ['string-for-complex'],
    '400 invalidValue',
  ],
  [
    'quirk 10 manager without URN',
    user,
    [{ op: 'add', path: 'manager', value: { value: '271' } }],
    { ...user, [ENTERPRISE]: { manager: { value: '271' } } },
    ['extension-attribute-without-urn'],
    '400 invalidPath',
  ],
  [
    'quirk 10 manager as a list',
    user,
    [{ op: 'add', path: manager, value: [{ $ref: '../Users/271', value: '271' }] }],
    { ...user, [ENTERPRISE]: { manager: { $ref: '../Users/271', value: '271' } } },
    ['list-for-object'],
    '400 invalidValue',
  ],
  [
    'quirk 11 manager with an empty id',
    { ...user, [ENTERPRISE]: { manager: { value: '271', $ref: '../Users/271' } } },
    [{ op: 'replace', path: manager, value: { value: '' } }],
    user,
    ['empty-string-clears'],
    'done',
  ],
  [
    'quirk 11 manager as empty text',
    { ...user, [ENTERPRISE]: { manager: { value: '271' } } },
    [{ op: 'replace', path: manager, value: '' }],
    user,
    ['empty-string-clears', 'string-for-complex'],
    '400 invalidValue',
  ],
  [
    'quirk 11 empty text',
    { ...user, title: 'T' },
    [{ op: 'replace', path: 'title', value: '' }],
    user,
    ['empty-string-clears'],
    'done',
  ],
  [
    'quirk 11 null',
    { ...user, title: 'T' },
    [{ op: 'replace', path: 'title', value: null }],
    user,
    [],
    'done',
  ],
  [
    'quirk 11 an element emptied',
    { ...user, emails: [work] },
    [{ op: 'replace', path: 'emails[type eq "work"].value', value: '' }],
    user,
    ['empty-string-clears'],
    'done',
  ],
  [
    'quirk 18 replace of what is not set',
    user,
    [{ op: 'replace', path: 'title', value: 'T' }],
    { ...user, title: 'T' },
    [],
    'done',
  ],
  [
    'quirk 18 add to a singular',
    { ...user, title: 'T' },
    [{ op: 'add', path: 'title', value: 'U' }],
    { ...user, title: 'U' },
    [],
    'done',
  ],
  [
    'quirk 20 JSON in a role',
    user,
    [{ op: 'add', path: 'roles', value: [{ value: '{"id":"1"}' }] }],
    { ...user, roles: [{ value: '{"id":"1"}' }] },
    [],
    'done',
  ],
  [
    'quirk 20 displayName of a role',
    user,
    [{ op: 'add', path: 'roles', value: [{ displayName: 'D', value: 'V' }] }],
    { ...user, roles: [{ display: 'D', value: 'V' }] },
    ['display-name-for-display'],
    '400 invalidSyntax',
  ],
  [
    'quirk 20 added twice',
    { ...user, roles: [{ value: 'V' }] },
    [{ op: 'add', path: 'roles', value: [{ value: 'V' }] }],
    { ...user, roles: [{ value: 'V' }] },
    [],
    'done',
  ],
  [
    'quirk 21 three operations on one attribute',
    { ...user, emails: [work] },
    [
      { op: 'remove', path: 'emails' },
      { op: 'add', path: 'emails', value: { value: 'a' } },
      { op: 'replace', path: 'emails[value eq "a"].value', value: 'b' },
    ],
    { ...user, emails: [{ value: 'b' }] },
    [],
    'done',
  ],
  [
    'quirk 22 with and without a path',
    user,
    [
      { op: 'replace', value: { title: 'T' } },
      { op: 'add', path: 'emails[type eq "work"].value', value: 'w@w.w' },
    ],
    { ...user, title: 'T', emails: [work] },
    ['value-path-creates'],
    '400 noTarget',
  ],
  [
    'quirk 29 an attribute that is not declared',
    user,
    [{ op: 'replace', value: { adreses: [], title: 'T' } }],
    { ...user, title: 'T' },
    ['attribute-undeclared'],
    '400 invalidSyntax',
  ],
  [
    'quirk 33 a number for text',
    user,
    [{ op: 'replace', path: 'addresses[type eq "work"].postalCode', value: 91608 }],
    { ...user, addresses: [{ type: 'work', postalCode: '91608' }] },
    ['scalar-as-string', 'value-path-creates'],
    '400 invalidValue',
  ],
];

t.test('A client is understood: the form of a PATCH and its values (quirks 1 to 33)', async (t) => {
  for (const [name, before, operations, after, used, strict] of patches) {
    const outcome = runPatch(User, frozen(before), patchOf(...operations));
    t.strictSame(outcome.document, after, name);
    t.strictSame(outcome.used, [...used].sort(), `${name}: what is recorded`);
    t.equal(
      refusalOf(() => runPatch(User, before, patchOf(...operations), 'strict')),
      strict,
      `${name}: strict`,
    );
  }
});

type MemberCase = [name: string, body: unknown, edits: unknown, used: Tolerance[], strict: string];
const group: Document = frozen({ displayName: 'G' });
const edit = (kind: string, ...ids: string[]) => ({ kind, ids });
const memberPatches: MemberCase[] = [
  [
    'quirk 12 Remove with a value',
    patchOf({ op: 'Remove', path: 'members', value: [{ value: 'u1' }] }),
    [edit('remove', 'u1')],
    ['operation-case', 'remove-with-value'],
    '400 invalidSyntax',
  ],
  ['quirk 12 remove without a value', patchOf({ op: 'remove', path: 'members' }), [edit('set')], [], 'done'],
  [
    'quirk 13 remove by filter',
    patchOf({ op: 'remove', path: 'members[value eq "u1"]' }),
    [edit('remove', 'u1')],
    [],
    'done',
  ],
  [
    'quirk 13 removes and adds',
    patchOf(
      { op: 'remove', path: 'members[value eq "u1"]' },
      { op: 'add', path: 'members', value: [{ value: 'u2' }] },
    ),
    [edit('remove', 'u1'), edit('add', 'u2')],
    [],
    'done',
  ],
  [
    'quirk 14 a value wrapped once more',
    patchOf({ op: 'remove', path: 'members', value: { members: [{ value: 'u1' }] } }),
    [edit('remove', 'u1')],
    ['remove-with-value'],
    '400 invalidSyntax',
  ],
  [
    'quirk 16 an id as text',
    patchOf({ op: 'add', path: 'members', value: 'u1' }),
    [edit('add', 'u1')],
    ['string-for-complex'],
    '400 invalidValue',
  ],
  [
    'quirk 16 ids as text',
    patchOf({ op: 'add', path: 'members', value: ['u1', 'u2'] }),
    [edit('add', 'u1', 'u2')],
    ['string-for-complex'],
    '400 invalidValue',
  ],
  [
    'quirk 16 displayName and name',
    patchOf({ op: 'add', name: 'addMember', path: 'members', value: [{ displayName: 'U', value: 'u1' }] }),
    [edit('add', 'u1')],
    ['display-name-for-display'],
    '400 invalidSyntax',
  ],
  [
    'quirk 17 the id beside what changes',
    patchOf({ op: 'replace', value: { id: SELF, displayName: 'H' } }),
    [],
    [],
    'done',
  ],
  [
    'quirk 17 schemas, id and externalId',
    patchOf({ op: 'replace', value: { schemas: [CORE_GROUP], id: SELF, externalId: 'x', displayName: 'H' } }),
    [],
    [],
    'done',
  ],
  [
    'quirk 17 meta',
    patchOf({ op: 'replace', value: { meta: { resourceType: 'Group' }, displayName: 'H' } }),
    [],
    ['read-only-echo'],
    '400 mutability',
  ],
  [
    'quirk 19 operations in small letters',
    {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      operations: [{ op: 'add', path: 'members', value: [{ value: 'u1' }] }],
    },
    [edit('add', 'u1')],
    ['operations-key-case'],
    '400 invalidSyntax',
  ],
  [
    'quirk 19 schemas missing',
    { Operations: [{ op: 'add', path: 'members', value: [{ value: 'u1' }] }] },
    [edit('add', 'u1')],
    ['schemas-missing'],
    '400 invalidSyntax',
  ],
  [
    'quirk 19 schemas of SCIM 1',
    {
      schemas: ['urn:scim:schemas:core:2.0'],
      Operations: [{ op: 'add', path: 'members', value: [{ value: 'u1' }] }],
    },
    [edit('add', 'u1')],
    ['schemas-unknown'],
    '400 invalidSyntax',
  ],
  [
    'SCIM 1.1 members',
    {
      schemas: ['urn:scim:schemas:core:1.0'],
      members: [{ value: 'u1', operation: 'delete' }, { value: 'u2' }],
    },
    [edit('remove', 'u1'), edit('add', 'u2')],
    ['remove-with-value', 'schemas-unknown', 'scim1-members'],
    '400 invalidSyntax',
  ],
];

t.test('A client is understood: memberships (quirks 12 to 19)', async (t) => {
  for (const [name, body, edits, used, strict] of memberPatches) {
    const outcome = runPatch(Group, group, body);
    t.strictSame(outcome.memberEdits, edits, name);
    t.strictSame(outcome.used, [...used].sort(), `${name}: what is recorded`);
    t.equal(
      refusalOf(() => runPatch(Group, group, body, 'strict')),
      strict,
      `${name}: strict`,
    );
  }
  const { document } = runPatch(
    Group,
    group,
    patchOf({ op: 'replace', value: { id: SELF, externalId: 'x', displayName: 'H' } }),
  );
  t.strictSame(document, { displayName: 'H', externalId: 'x' });
});

function post(type: ResourceType, body: unknown, mode: Mode = 'tolerant') {
  const intake = createIntake(createLeniency(mode));
  const accepted = acceptResource(type, body, intake);
  const document = withActive(type, accepted.document);
  validateDocument(type, document);
  return { document, members: accepted.members, used: [...intake.leniency.used].sort(), noted: intake.noted };
}

type PostCase = [
  name: string,
  body: Record<string, unknown>,
  document: Document,
  used: Tolerance[],
  strict: string,
];
const schemas = [CORE_USER];
const both = [CORE_USER, ENTERPRISE];
const posts: PostCase[] = [
  [
    'quirk 23 an unknown schema',
    {
      schemas: [...schemas, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User'],
      userName: 'u',
    },
    user,
    ['schemas-unknown'],
    '400 invalidSyntax',
  ],
  [
    'quirk 23 a misspelt schema',
    { schemas: [...schemas, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0User'], userName: 'u' },
    user,
    ['schemas-unknown'],
    '400 invalidSyntax',
  ],
  [
    'quirk 23 only an unknown schema',
    { schemas: ['urn:scim:schemas:core:2.0'], userName: 'u' },
    user,
    ['schemas-unknown'],
    '400 invalidSyntax',
  ],
  ['quirk 19 schemas missing', { userName: 'u' }, user, ['schemas-missing'], '400 invalidSyntax'],
  [
    'quirk 24 a container that schemas does not name',
    { schemas, userName: 'u', [ENTERPRISE]: { department: 'D' } },
    { ...user, [ENTERPRISE]: { department: 'D' } },
    ['extension-without-schemas-entry'],
    '400 invalidSyntax',
  ],
  ['a schema without its container', { schemas: both, userName: 'u' }, user, [], 'done'],
  [
    'quirk 25 what the server sets',
    { schemas, userName: 'u', id: 'mine', meta: { version: 'x' }, groups: [{ value: 'g' }] },
    user,
    [],
    'done',
  ],
  [
    'quirk 26 nulls',
    {
      schemas: both,
      userName: 'u',
      addresses: null,
      title: null,
      name: { givenName: null },
      emails: [{ value: 'a', display: null }, null],
      [ENTERPRISE]: { manager: null },
    },
    { ...user, emails: [{ value: 'a' }] },
    [],
    'done',
  ],
  ['quirk 26 a container of null', { schemas: both, userName: 'u', [ENTERPRISE]: null }, user, [], 'done'],
  [
    'quirk 27 an extension attribute at the top',
    { schemas, userName: 'u', department: 'D', manager: null },
    { ...user, [ENTERPRISE]: { department: 'D' } },
    ['extension-attribute-without-urn'],
    '400 invalidSyntax',
  ],
  [
    'quirk 4 dotted keys',
    { schemas, userName: 'u', 'name.givenName': 'G', 'name.familyName': 'F' },
    { ...user, name: { givenName: 'G', familyName: 'F' } },
    ['attribute-as-path'],
    '400 invalidSyntax',
  ],
  [
    'quirk 5 URN-qualified keys',
    { schemas: both, userName: 'u', [`${ENTERPRISE}:department`]: 'D' },
    { ...user, [ENTERPRISE]: { department: 'D' } },
    [],
    'done',
  ],
  [
    'quirk 5 a readOnly part in a key',
    { schemas: both, userName: 'u', [`${ENTERPRISE}:manager.displayName`]: 'D' },
    user,
    [],
    'done',
  ],
  [
    'quirk 28 primary as text',
    {
      schemas,
      userName: 'u',
      roles: [{ value: 'r', primary: 'True' }],
      emails: [{ value: 'a', primary: true }],
    },
    { ...user, roles: [{ value: 'r', primary: true }], emails: [{ value: 'a', primary: true }] },
    ['boolean-as-string'],
    '400 invalidValue',
  ],
  [
    'quirk 29 a misspelt attribute',
    { schemas, userName: 'u', adreses: [{ formatted: 'x' }] },
    user,
    ['attribute-undeclared'],
    '400 invalidSyntax',
  ],
  [
    'quirk 29 an undeclared sub-attribute',
    { schemas, userName: 'u', name: { nick: 'x', givenName: 'G' } },
    { ...user, name: { givenName: 'G' } },
    ['attribute-undeclared'],
    '400 invalidSyntax',
  ],
  ['quirk 31 a password', { schemas, userName: 'u', password: 't1meMa$heen' }, user, [], 'done'],
  [
    'quirk 32 an e-mail without type',
    { schemas, userName: 'u', emails: [{ value: 'a' }] },
    { ...user, emails: [{ value: 'a' }] },
    [],
    'done',
  ],
  [
    'quirk 32 two primaries',
    {
      schemas,
      userName: 'u',
      emails: [
        { value: 'a', primary: true },
        { value: 'b', primary: true },
      ],
    },
    {
      ...user,
      emails: [
        { value: 'a', primary: true },
        { value: 'b', primary: false },
      ],
    },
    ['several-primary'],
    '400 invalidValue',
  ],
  [
    'quirk 33 numbers for text',
    {
      schemas: both,
      userName: 'u',
      addresses: [{ postalCode: 91608 }],
      [ENTERPRISE]: { employeeNumber: 701984 },
    },
    { ...user, addresses: [{ postalCode: '91608' }], [ENTERPRISE]: { employeeNumber: '701984' } },
    ['scalar-as-string'],
    '400 invalidValue',
  ],
  [
    'quirk 34 userNames of all kinds',
    { schemas, userName: "J O'Neil+x#EXT#@ex.com ü" },
    { ...user, userName: "J O'Neil+x#EXT#@ex.com ü" },
    [],
    'done',
  ],
  ['quirk 35 without active', { schemas, userName: 'u' }, user, [], 'done'],
  [
    'quirk 36 one type twice',
    { schemas, userName: 'u', emails: [work, { type: 'work', value: 'x' }] },
    { ...user, emails: [work, { type: 'work', value: 'x' }] },
    [],
    'done',
  ],
  [
    'quirk 10 manager as text',
    { schemas: both, userName: 'u', [ENTERPRISE]: { manager: '271' } },
    { ...user, [ENTERPRISE]: { manager: { value: '271' } } },
    ['string-for-complex'],
    '400 invalidValue',
  ],
  [
    'one e-mail as an object',
    { schemas, userName: 'u', emails: work },
    { ...user, emails: [work] },
    ['object-for-list'],
    '400 invalidValue',
  ],
  [
    'e-mails as text',
    { schemas, userName: 'u', emails: ['a', 'b'] },
    { ...user, emails: [{ value: 'a' }, { value: 'b' }] },
    ['string-for-complex'],
    '400 invalidValue',
  ],
  [
    'a name in a list',
    { schemas, userName: 'u', name: [{ givenName: 'G' }] },
    { ...user, name: { givenName: 'G' } },
    ['list-for-object'],
    '400 invalidValue',
  ],
  [
    'empty text',
    { schemas, userName: 'u', title: '', name: { middleName: '', givenName: 'G' } },
    { ...user, name: { givenName: 'G' } },
    ['empty-string-clears'],
    'done',
  ],
];

t.test('A client is understood: bodies (quirks 19 to 36)', async (t) => {
  for (const [name, body, document, used, strict] of posts) {
    const outcome = post(User, frozen(body));
    t.strictSame(outcome.document, document, name);
    t.strictSame(outcome.used, [...used].sort(), `${name}: what is recorded`);
    t.equal(
      refusalOf(() => post(User, body, 'strict')),
      strict,
      `${name}: strict`,
    );
  }
});

t.test('quirk 30 what is required has to be there, in both modes', async (t) => {
  for (const mode of ['tolerant', 'strict'] as const) {
    t.equal(
      refusalOf(() => post(User, { schemas }, mode)),
      '400 invalidValue',
    );
    t.equal(
      refusalOf(() => post(User, { schemas, userName: '' }, mode)),
      '400 invalidValue',
    );
    t.equal(
      refusalOf(() => post(User, { schemas, userName: null }, mode)),
      '400 invalidValue',
    );
    t.equal(
      refusalOf(() => post(Group, { schemas: [CORE_GROUP] }, mode)),
      '400 invalidValue',
    );
  }
});

t.test('quirk 35 a PUT without active or members leaves them', async (t) => {
  const leniency = createLeniency('tolerant');
  const accepted = acceptResource(User, { schemas, userName: 'u' }, createIntake(leniency));
  const before = { ...user, active: false };
  t.strictSame(withActive(User, replaceDocument(User, before, accepted, leniency), before), before);

  t.equal(
    post(Group, { schemas: [CORE_GROUP], displayName: 'G' }).members,
    undefined,
    'nothing is said of them',
  );
  t.strictSame(
    post(Group, { schemas: [CORE_GROUP], displayName: 'G', members: [] }).members,
    [],
    'there are none',
  );
  t.strictSame(post(Group, { schemas: [CORE_GROUP], displayName: 'G', members: null }).members, []);
  t.strictSame(
    post(Group, { schemas: [CORE_GROUP], displayName: 'G', members: [{ value: 'a' }, 'b'] }).members,
    ['a', 'b'],
  );
  const unread: [members: unknown, tolerant: string, strict: string][] = [
    [[{ foo: 'a' }], '400 invalidValue', '400 invalidSyntax'],
    [[{}], '400 invalidValue', '400 invalidValue'],
    [[null], '400 invalidValue', '400 invalidValue'],
    [[{ value: null }], '400 invalidValue', '400 invalidValue'],
    [[{ value: {} }], '400 invalidValue', '400 invalidValue'],
    [[{ display: 'A' }], '400 invalidValue', '400 invalidValue'],
    [[[{ value: 'a' }]], '400 invalidValue', '400 invalidValue'],
    [true, '400 invalidValue', '400 invalidValue'],
  ];
  for (const [members, tolerant, strict] of unread) {
    const body = { schemas: [CORE_GROUP], displayName: 'G', members };
    const name = `${JSON.stringify(members)} is not passed over`;
    t.equal(
      refusalOf(() => post(Group, body)),
      tolerant,
      name,
    );
    t.equal(
      refusalOf(() => post(Group, body, 'strict')),
      strict,
      `${name} (strict)`,
    );
  }
});

t.test('C7.04 what no schema declares is noted by name and type, never by value', async (t) => {
  const { noted } = post(User, {
    schemas,
    userName: 'u',
    a: 'secret',
    b: [],
    name: { c: null },
    [ENTERPRISE]: { d: 1 },
    ['x'.repeat(500)]: {},
  });
  t.strictSame(noted, [
    { resourceType: 'User', name: 'a', type: 'string' },
    { resourceType: 'User', name: 'b', type: 'array' },
    { resourceType: 'User', name: 'name.c', type: 'null' },
    { resourceType: 'User', name: `${ENTERPRISE}:d`, type: 'number' },
    { resourceType: 'User', name: 'x'.repeat(200), type: 'object' },
  ]);
  const patched = runPatch(
    User,
    user,
    patchOf(
      { op: 'replace', path: 'contacts[mail eq "a@b.c"].value', value: 'secret' },
      { op: 'remove', path: 'foo' },
    ),
  );
  t.strictSame(patched.noted, [
    { resourceType: 'User', name: 'contacts[].value', type: 'string' },
    { resourceType: 'User', name: 'foo', type: 'null' },
  ]);
});
