/** What identity providers and admins do to tenants of several kinds, made up. */
import fc from 'fast-check';
import type { ModelWorld } from '../support/provisioningModel.ts';

const ROLES = [
  { name: 'viewer', aliases: [] },
  { name: 'member', aliases: ['user'] },
  { name: 'admin', aliases: ['owner', 'boss'] },
];
const RULES = [
  { name: 'Everyone', role: 'viewer' },
  { name: 'Crew', organization: 'Acme', role: 'member' },
  { pattern: 'role-{role}' },
  { pattern: '{organization} {role}' },
];
const RULED =
  `Everyone,EVERYONE,Crew,role-admin,role-none,Acme Admin,acme viewer,Globex user,Globex Owner,Globex janitor,Initech member,Acme,Plain`.split(
    ',',
  );
const PLAIN = ['Eng', 'ENG', 'Sales', 'Ops', 'Staff', 'Émile', 'acme'];

export interface World extends ModelWorld {
  readonly name: string;
  readonly groupNames: readonly string[];
}

export const WORLDS: readonly World[] = [
  { name: 'what a new tenant has', stored: {}, groupNames: PLAIN },
  {
    name: 'rules and roles',
    stored: {
      roles: ROLES,
      defaultRole: 'viewer',
      userRoles: 'defaultOrganization',
      organizations: { rules: RULES, unmatched: 'organization' },
    },
    groupNames: RULED,
  },
  {
    name: 'rules only',
    stored: {
      roles: ROLES,
      userRoles: 'everyOrganization',
      organizations: { rules: RULES, unmatched: 'none' },
    },
    groupNames: RULED,
  },
  {
    name: 'no contractors',
    stored: { roles: ROLES, defaultRole: 'member', admission: 'userType ne "Contractor"' },
    admits: ({ userType }) => String(userType).toLowerCase() !== 'contractor',
    groupNames: PLAIN,
  },
  {
    name: 'staff only',
    stored: { admission: 'groups.display eq "Staff"' },
    admits: (_user, groups) => groups.includes('Staff'),
    groupNames: ['Staff', 'Eng', 'Staff', 'Sales'],
  },
];

const userName = fc.constantFrom('ada', 'Ada', 'grace', 'linus', 'ken', 'barbara');
const text = fc.constantFrom('x', 'y');
const profile = {
  externalId: fc.constantFrom('e1', 'e2', 'E1'),
  displayName: text,
  title: text,
  userType: fc.constantFrom('Contractor', 'contractor', 'Employee'),
  name: fc.record(
    { givenName: text, familyName: text },
    { requiredKeys: ['givenName'], noNullPrototype: true },
  ),
  emails: fc.constantFrom(
    [{ value: 'a@example.com', type: 'work' }],
    [
      { value: 'h@example.com', type: 'home' },
      { value: 'w@example.com', type: 'work' },
    ],
    [
      { value: 'h@example.com', type: 'home' },
      { value: 'p@example.com', type: 'other', primary: true },
    ],
  ),
  roles: fc.constantFrom(
    [{ value: 'Admin' }],
    [{ value: 'user' }, { value: 'viewer' }],
    [{ value: 'r-1', display: 'Owner' }],
    [{ value: 'janitor' }],
  ),
  department: text,
  manager: fc.nat(9),
};
const active = fc.boolean();
const document = fc.record({ ...profile, active }, { requiredKeys: [] });
export type Given = typeof document extends fc.Arbitrary<infer D> ? D : never;

const at = fc.nat(9);
const who = fc.array(fc.nat(15), { maxLength: 4 });
const groupName = fc.nat(15);
const kinds = {
  createUser: fc.record({ kind: fc.constant('createUser' as const), userName, document }),
  patchUser: fc.record({
    kind: fc.constant('patchUser' as const),
    at,
    set: document,
    unset: fc.subarray(Object.keys(profile), { maxLength: 2 }),
  }),
  putUser: fc.record({ kind: fc.constant('putUser' as const), at, document }),
  renameUser: fc.record({ kind: fc.constant('renameUser' as const), at, userName }),
  setActive: fc.record({ kind: fc.constant('setActive' as const), at, active }),
  deleteUser: fc.record({ kind: fc.constant('deleteUser' as const), at }),
  createGroup: fc.record({ kind: fc.constant('createGroup' as const), groupName, who }),
  renameGroup: fc.record({ kind: fc.constant('renameGroup' as const), at, groupName }),
  members: fc.record({
    kind: fc.constant('members' as const),
    at,
    how: fc.constantFrom('add' as const, 'remove' as const, 'set' as const, 'put' as const),
    who,
  }),
  nest: fc.record({
    kind: fc.constant('nest' as const),
    at,
    inner: at,
    how: fc.constantFrom('add' as const, 'remove' as const),
  }),
  deleteGroup: fc.record({ kind: fc.constant('deleteGroup' as const), at }),
};
type Kinds = typeof kinds;
export type Single = { [K in keyof Kinds]: Kinds[K] extends fc.Arbitrary<infer O> ? O : never }[keyof Kinds];

const WEIGHTS: Record<keyof Kinds, number> = {
  createUser: 6,
  patchUser: 3,
  putUser: 2,
  renameUser: 1,
  setActive: 3,
  deleteUser: 2,
  createGroup: 4,
  renameGroup: 2,
  members: 6,
  nest: 3,
  deleteGroup: 1,
};
const single: fc.Arbitrary<Single> = fc.oneof(
  ...(Object.keys(kinds) as (keyof Kinds)[]).map((kind) => ({
    arbitrary: kinds[kind] as fc.Arbitrary<Single>,
    weight: WEIGHTS[kind],
  })),
);
const more = fc.oneof(
  fc.record({
    kind: fc.constant('link' as const),
    at,
    organization: at,
    role: fc.constantFrom(null, 'viewer', 'admin'),
  }),
  fc.record({ kind: fc.constant('unlink' as const), at }),
  fc.record({
    kind: fc.constant('bulk' as const),
    team: fc.option(fc.record({ userName, document, groupName })),
    parts: fc.array(single, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('check' as const) }),
);

/** Something that happens; `at`, `who` and the like are taken modulo what there is. */
export const operation = fc.oneof({ arbitrary: single, weight: 8 }, { arbitrary: more, weight: 1 });
export type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;
