import t from 'tap';
import { decideBrake } from '../../src/provisioning/brake.ts';
import { targetOf } from '../../src/provisioning/mapping.ts';
import { type Candidate, matchOnCreate } from '../../src/provisioning/matching.ts';
import { compilePattern } from '../../src/provisioning/pattern.ts';
import { rankOf, roleNamed, rolesOfUser, strongest } from '../../src/provisioning/roles.ts';
import { type MappingRule, provisioningOf } from '../../src/provisioning/settings.ts';

const roles = [
  { name: 'Viewer', aliases: ['read only', 'Straße'] },
  { name: 'Admin', aliases: ['Administrators'] },
  { name: 'Super Admin', aliases: [] },
];
const settings = provisioningOf({ roles });
const mapped = (rules: readonly MappingRule[], name: string, unmatched: 'organization' | 'none' = 'none') =>
  targetOf(provisioningOf({ roles, organizations: { rules, unmatched } }), name);
const found = (pattern: string, name: string) => {
  const target = mapped([{ pattern }], name);
  return target.kind === 'rule' ? [target.organization, target.role] : undefined;
};

t.test('a pattern finds organization and role in a name, as they are written there', async (t) => {
  const cases: readonly (readonly [string, string, readonly unknown[] | undefined])[] = [
    ['{organization} {role}', 'Acme Admin', ['Acme', 'Admin']],
    ['{organization} {role}', 'Acme Corp ADMIN', ['Acme Corp', 'Admin']],
    ['{organization} {role}', 'Acme   Corp   read only ', ['Acme   Corp', 'Viewer']],
    ['{organization} {role}', 'Acme Super Admin', ['Acme Super', 'Admin']],
    ['{organization} {role}', 'Acme Owner', undefined],
    ['{organization} {role}', 'Admin', undefined],
    ['{organization} {role}', '   Admin', undefined],
    ['{organization} {role}', '', undefined],
    ['{organization} {role}', 'ÄCME GmbH strasse', ['ÄCME GmbH', 'Viewer']],
    ['org-{organization}-{role}', 'ORG-north-west-admin', ['north-west', 'Admin']],
    ['org-{organization}-{role}', 'org--admin', undefined],
    ['org-{organization}-{role}', 'org-x-admin-', undefined],
    ['{role} of {organization}', 'Admin of Bank of England', ['Bank of England', 'Admin']],
    ['{role} of {organization}', 'read only of  X', ['X', 'Viewer']],
    ['{role} of {organization}', 'Admin of ', undefined],
    ['{role}: {organization} (app)', 'admin: Acme (App)', ['Acme', 'Admin']],
    ['{organization}', ' Acme ', ['Acme', null]],
    ['{organization}', '  ', undefined],
    ['app-{organization}', 'App-İstanbul', ['İstanbul', null]],
    ['app-{organization}-ß', 'app-Größe-SS', ['Größe', null]],
    ['{organization}s', 'Maß', undefined],
    ['admins:{role}', 'Admins:read only', [null, 'Viewer']],
    ['{role}', 'somebody', undefined],
    ['a{organization}a', 'a', undefined],
  ];
  for (const [pattern, name, expected] of cases)
    t.strictSame(found(pattern, name), expected, `${pattern} on ${JSON.stringify(name)}`);
});

t.test('a long name costs a pattern no more than its length', async (t) => {
  for (const pattern of ['{organization} {role}', '{role} {organization}', '{organization}a{role}']) {
    for (const part of [' ', 'a', 'a ', 'Admin ']) {
      t.equal(found(pattern, part.repeat(400_000)), undefined);
      found(pattern, part.repeat(150));
    }
  }
});

t.test('a pattern that cannot be meant is refused with what is wrong', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{organisation}', /a part \{organisation\}; a part is \{organization\} or \{role\}/],
    ['{Role}', /a part is/],
    ['{role} {role}', /\{role\} twice/],
    ['{organization}{role}', /nothing between its two parts/],
    ['{organization', /"\{" without/],
    ['{organization {role}', /"\{" without/],
    ['organization}', /"\}" without/],
    ['Acme', /give "name" instead/],
  ];
  for (const [pattern, message] of cases) t.throws(() => compilePattern(pattern), { message }, pattern);
});

t.test(
  'the first rule that matches a group counts, and what it gives itself overrides the pattern',
  async (t) => {
    const rules: MappingRule[] = [
      { name: 'Everyone' },
      { name: 'Straße Admins', organization: 'Street', role: 'Admin' },
      { pattern: 'dev-{organization}', role: 'Viewer' },
      { pattern: '{organization} {role}', organization: 'Holding' },
      { pattern: 'dev {organization}' },
    ];
    t.same(mapped(rules, 'EVERYONE'), { kind: 'rule', organization: null, role: null });
    t.same(mapped(rules, 'STRASSE ADMINS'), { kind: 'rule', organization: 'Street', role: 'Admin' });
    t.same(mapped(rules, 'Dev-Acme'), { kind: 'rule', organization: 'Acme', role: 'Viewer' });
    t.same(mapped(rules, 'Acme Admin'), { kind: 'rule', organization: 'Holding', role: 'Admin' });
    t.same(mapped(rules, 'dev acme'), { kind: 'rule', organization: 'acme', role: null });
    t.same(mapped(rules, 'others'), { kind: 'none' });
    t.same(mapped([], 'others', 'organization'), { kind: 'own' });
  },
);

t.test('the strongest declared role wins, and what is not declared counts as none', async (t) => {
  t.equal(roleNamed(settings, ' ADMINISTRATORS '), 'Admin');
  t.equal(roleNamed(settings, 'owner'), undefined);
  t.same(
    ['Viewer', 'Admin', 'Super Admin', 'gone', null].map((role) => rankOf(settings, role)),
    [1, 2, 3, 0, 0],
  );
  t.equal(strongest(settings, ['Viewer', null, 'Super Admin', 'Admin', 'gone']), 'Super Admin');
  t.equal(strongest(settings, ['gone', null]), null);
});

t.test('roles of a user are found in every form in which identity providers send them', async (t) => {
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [
      [
        { value: 'admin', primary: true },
        { value: 'x', display: 'Read Only' },
      ],
      ['Admin', 'Viewer'],
    ],
    [[{ value: '{"id":"06b0","value":"Admin","displayName":"Admin"}' }], ['Admin']],
    [
      [{ value: '{"id":"06b0","displayName":"Super Admin"}' }, { value: '{broken' }, { value: '[1]' }],
      ['Super Admin'],
    ],
    [
      [{ value: 'x', displayName: 'Admin' }, 'viewer', 7, null],
      ['Admin', 'Viewer'],
    ],
    [undefined, []],
    ['Admin', []],
  ];
  for (const [given, expected] of cases) t.same(rolesOfUser(settings, { roles: given }), expected);
  t.same(rolesOfUser(provisioningOf({}), { roles: [{ value: 'Admin' }] }), []);
});

t.test('the brake holds what goes beyond the smaller of its limits', async (t) => {
  const decide = (removals: number | null, share: number | null, before: number, now: number, active = 200) =>
    decideBrake({ removals, share }, { removalsInWindow: before, removalsNow: now, activeAccounts: active });
  t.equal(decide(10, null, 9, 1), 'apply');
  t.equal(decide(10, null, 9, 2), 'hold');
  t.equal(decide(null, 5, 0, 10), 'apply');
  t.equal(decide(null, 5, 0, 11), 'hold');
  t.equal(decide(5, 50, 0, 6), 'hold');
  t.equal(decide(500, 5, 0, 11), 'hold');
  t.equal(decide(0, null, 0, 1), 'hold');
  t.equal(decide(0, 0, 99, 0), 'apply');
  t.equal(decide(null, 20, 0, 1, 3), 'hold');
});

t.test('who is there already is adopted, reactivated or refused by the policy of the tenant', async (t) => {
  const match = (
    matching: Partial<typeof settings.matching>,
    ...candidates: readonly (Partial<Candidate> & Pick<Candidate, 'by'>)[]
  ) =>
    matchOnCreate(
      { matching: { ...settings.matching, ...matching }, verifiedDomains: ['acme.com'] },
      candidates.map((candidate) => ({ id: 'u1', imported: false, active: true, ...candidate })),
    );
  const byName = { by: 'userName' } as const;
  const byMail = { by: 'email', imported: true, emailDomain: 'Acme.com' } as const;
  t.same(match({}), { kind: 'none' });
  t.match(match({}, { ...byName, imported: true }), {
    kind: 'reject',
    id: 'u1',
    why: /u1, who was imported/,
  });
  t.same(match({ userName: 'adopt' }, { ...byName, imported: true }), { kind: 'adopt', id: 'u1' });
  t.same(match({ userName: 'adopt' }, { ...byName, imported: true, active: false }), {
    kind: 'adopt',
    id: 'u1',
  });
  t.match(match({}, { ...byName, active: false }), { kind: 'reject', why: /deactivated/ });
  t.same(match({ deactivated: 'reactivate' }, { ...byName, active: false }), {
    kind: 'reactivate',
    id: 'u1',
  });
  const all = { userName: 'adopt', email: 'adopt', deactivated: 'reactivate' } as const;
  t.match(match(all, byName), { kind: 'reject', why: /u1 has this "userName" already/ });
  t.match(match(all, byMail, { ...byName, id: 'u2' }), { kind: 'reject', id: 'u2' });
  t.same(match(all, byMail), { kind: 'adopt', id: 'u1' });
  t.same(match({}, byMail), { kind: 'none' });
  t.same(match(all, { ...byMail, emailDomain: 'evil.com' }), { kind: 'none' });
  t.same(match(all, { ...byMail, imported: false }), { kind: 'none' });
  t.same(match(all, byMail, { ...byMail, id: 'u2' }), { kind: 'none' });
  t.same(match(all, { by: 'email', imported: true }), { kind: 'none' });
});
