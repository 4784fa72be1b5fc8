import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { configureProvisioning } from '../../src/operations/configureProvisioning.ts';
import { DEFAULT_PROVISIONING } from '../../src/provisioning/settings.ts';
import { openApp, type TestApp } from '../support/app.ts';
import { projectRoot } from '../support/project.ts';
import { CORE_GROUP, CORE_USER, ENTERPRISE, PATCH_OP, shipped } from '../support/protocol.ts';

const URL = '/tenants/acme/provisioning';
const set = async ({ admin }: TestApp, settings: object) => {
  const answer = await admin('PATCH', URL, settings);
  t.equal(answer.statusCode, 200, answer.body);
  return answer.json();
};
/** One for the tests that leave nothing behind but settings. */
const shared = await openApp(t);
const reset = async (): Promise<TestApp> => {
  await set(shared, DEFAULT_PROVISIONING);
  return shared;
};
const patch = ({ scim }: TestApp, url: string, ...Operations: object[]) =>
  scim({ method: 'PATCH', url, payload: { schemas: [PATCH_OP], Operations } });
const post = ({ scim }: TestApp, payload: object) =>
  scim({ method: 'POST', url: '/Users', payload: { schemas: [CORE_USER], ...payload } });
const users = (query: string) => `/Users?${new URLSearchParams(query).toString()}`;
const attributesOf = (schema: { attributes: { name: string }[] }) =>
  schema.attributes.map(({ name }) => name);

t.test('settings are shown whole, and only what is given of them changes', async (t) => {
  const app = await reset();
  const { admin } = app;
  t.strictSame((await admin('GET', URL)).json(), DEFAULT_PROVISIONING);
  const roles = [{ name: 'viewer' }, { name: 'admin', aliases: ['Administrators'] }];
  const rules = [{ name: 'Everyone', role: 'viewer' }, { pattern: '{organization} {role}' }];
  const first = await set(app, {
    roles,
    organizations: { rules },
    defaultRole: 'viewer',
    brake: { share: 20 },
    verifiedDomains: ['Acme.COM', 'acme.com', 'acme.example'],
  });
  t.match(first, {
    roles: [{ name: 'viewer', aliases: [] }, roles[1]],
    organizations: { rules, unmatched: 'organization' },
    brake: { windowMinutes: 60, removals: null, share: 20, expiresAfterHours: null, onExpiry: 'drop' },
    matching: DEFAULT_PROVISIONING.matching,
    verifiedDomains: ['acme.com', 'acme.example'],
  });
  const second = await set(app, {
    organizations: { unmatched: 'none' },
    matching: { email: 'adopt' },
    brake: { removals: 50 },
    retentionDays: 90,
    defaultRole: null,
  });
  t.strictSame(second, {
    ...first,
    organizations: { rules, unmatched: 'none' },
    matching: { userName: 'reject', email: 'adopt', deactivated: 'reject' },
    brake: { ...first.brake, removals: 50 },
    retentionDays: 90,
    defaultRole: null,
  });
  t.strictSame((await admin('GET', URL)).json(), second);
  t.match(await set(app, { brake: null, retentionDays: null }), { brake: null, retentionDays: null });
  t.match(await app.store.tenants.findBySlug('acme'), { provisioning: { retentionDays: null } });
  t.equal((await admin('GET', '/tenants/nobody/provisioning')).statusCode, 404);
  t.equal((await admin('PATCH', '/tenants/nobody/provisioning', { retentionDays: 1 })).statusCode, 404);
});

t.test(
  'what the page of provisioning says can be set, and its defaults are those of the server',
  async (t) => {
    const page = readFileSync(join(projectRoot, 'docs', 'provisioning.md'), 'utf8');
    const examples = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, text = '']) =>
      JSON.parse(text),
    );
    t.equal(examples.length, 2);
    const app = await reset();
    for (const example of examples) await set(app, example);
    const { admin } = app;
    t.match((await admin('GET', URL)).json(), { ...examples[1], defaultRole: examples[0].defaultRole });
    const rows = [...page.matchAll(/^\| `(\w+)` \| `([^`]+)` \|/gm)].map(([, name = '', value = '']) => [
      name,
      JSON.parse(value),
    ]);
    const brake = new Set(['removals', 'share', 'expiresAfterHours', 'onExpiry']);
    t.strictSame(Object.fromEntries(rows.filter(([name]) => !brake.has(name))), DEFAULT_PROVISIONING);
  },
);

t.test('changes at the same moment are all kept, and accounts follow those that concern them', async (t) => {
  const { admin, store, tenant } = await reset();
  const changes = [
    { retentionDays: 5 },
    { userRoles: 'everyOrganization' },
    { verifiedDomains: ['acme.com'] },
  ];
  await Promise.all(changes.map((change) => admin('PATCH', URL, change)));
  t.match((await admin('GET', URL)).json(), Object.assign({}, ...changes));

  let followed: readonly string[] = [];
  const context = {
    tenants: store.tenants,
    shipped: shipped.definitions,
    definitions: store.definitions,
    recompute: async (id: string) => void (followed = [...followed, id]),
    now: () => new Date(),
  };
  await configureProvisioning(context, tenant.id, { retentionDays: 6, userRoles: 'everyOrganization' });
  t.same(followed, []);
  await configureProvisioning(context, tenant.id, { admission: 'userType eq "Employee"' });
  t.same(followed, [tenant.id]);
});

t.test('settings that cannot be meant are refused with what is wrong, and nothing changes', async (t) => {
  const { admin } = await reset();
  const rules = (...given: object[]) => ({ organizations: { rules: given } });
  const admins = { roles: [{ name: 'admin' }] };
  const cases: readonly (readonly [object, RegExp])[] = [
    [{}, /JSON object with attributes, requiredAttributes/],
    [{ role: 'x' }, /"role" is not known here; the fields are attributes, /],
    [{ retentionDays: 0 }, /"retentionDays" must be a whole number from 1 to 3650, or null/],
    [{ roles: null }, /"roles" must be a list/],
    [{ matching: { userName: 'reactivate' } }, /"matching.userName" must be "reject" or "adopt"/],
    [{ matching: { name: 'adopt' } }, /"name" is not known in "matching"; the fields are userName, email/],
    [{ brake: { windowMinutes: 5 } }, /needs "removals", "share" or both/],
    [{ brake: { share: 101 } }, /"brake.share" must be a number from 0 to 100, or null/],
    [rules({ organization: 'x' }), /Rule 1 of "organizations" needs either/],
    [rules({ name: 'a', pattern: '{organization}' }), /needs either/],
    [rules({ name: '' }), /"organizations.rules.0.name" must be a text/],
    [rules({ name: 'a' }, { name: 'b', role: 'owner' }), /Rule 2 .* "owner", which is not declared/],
    [{ ...admins, ...rules({ pattern: '{organization}{role}' }) }, /nothing between/],
    [rules({ pattern: '{role}' }), /no roles are declared/],
    [{ defaultRole: 'owner' }, /defaultRole "owner" is not declared/],
    [
      { roles: [{ name: 'a' }, { name: 'b', aliases: ['A'] }] },
      /"A" is the name or alias of a role twice, of "a" and "b"/,
    ],
    [{ roles: [{ aliases: [] }] }, /"roles.0.name" is missing/],
    [{ roles: [{ name: ' a' }] }, /space/],
    [{ verifiedDomains: ['acme'] }, /"acme" in "verifiedDomains"/],
    [{ verifiedDomains: ['bücher.de'] }, /xn--/],
    [{ attributes: ['nickname', 'shoeSize'] }, /"shoeSize" in "attributes" is no attribute/],
    [
      { attributes: ['department'] },
      /"department" in "attributes" is no attribute of users; .* after its URN/,
    ],
    [{ attributes: ['addresses.locality'] }, /write "addresses"/],
    [{ requiredAttributes: ['groups'] }, /cannot be required/],
    [{ requiredAttributes: ['password'] }, /cannot be required/],
    [{ requiredAttributes: [ENTERPRISE] }, /whole schema/],
    [{ attributes: [], requiredAttributes: ['title'] }, /"title" is required but not synchronised/],
    [{ attributes: [], userRoles: 'everyOrganization' }, /add "roles" to "attributes"/],
    [{ admission: 'userType eq' }, /"admission" is no filter for users: The filter cannot be read/],
    [{ admission: 'shoeSize eq 4' }, /has no attribute "shoeSize"/],
    [{ admission: 'title pr', attributes: [] }, /"title" is not synchronised/],
    [{ admission: 'not (groups.value eq "x")' }, /"groups" is not that/],
  ];
  for (const [given, detail] of cases)
    t.match((await admin('PATCH', URL, given)).json(), { status: '400', detail }, JSON.stringify(given));
  t.strictSame((await admin('GET', URL)).json(), DEFAULT_PROVISIONING);
});

const FULL = {
  schemas: [CORE_USER, ENTERPRISE],
  userName: 'ada@example.com',
  externalId: 'e1',
  displayName: 'Ada',
  title: 'Countess',
  name: { givenName: 'Ada', familyName: 'Lovelace', formatted: 'Ada Lovelace' },
  emails: [{ value: 'ada@example.com', type: 'work' }],
  addresses: [{ type: 'work', locality: 'London' }],
  [ENTERPRISE]: { department: 'Engines', division: 'North', manager: { value: 'x' } },
};
const CHOSEN = { attributes: ['displayName', `${ENTERPRISE}:department`] };
const KEPT = {
  schemas: [CORE_USER, ENTERPRISE],
  userName: 'ada@example.com',
  externalId: 'e1',
  displayName: 'Ada',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: 'ada@example.com', type: 'work' }],
  active: true,
  [ENTERPRISE]: { department: 'Engines' },
};
const withoutMeta = ({ id: _id, meta: _meta, ...rest }: Record<string, unknown>) => rest;

for (const mode of ['tolerant', 'strict'] as const) {
  t.test(`what is not synchronised is accepted, and neither kept nor shown (${mode})`, async (t) => {
    const app = await openApp(t);
    const { scim, admin } = app;
    await admin('PATCH', '/tenants/acme', { mode });
    const old = (await post(app, { ...FULL, userName: 'old@example.com' })).json();
    t.match(old, { title: 'Countess' });
    await set(app, CHOSEN);

    const made = await post(app, FULL);
    t.equal(made.statusCode, 201, made.body);
    t.strictSame(withoutMeta(made.json()), KEPT);
    const url = `/Users/${made.json().id}`;
    const etag = made.headers['etag'];
    const ignored = await patch(
      app,
      url,
      { op: 'replace', path: 'title', value: 'Dr' },
      { op: 'add', path: 'addresses[type eq "home"].locality', value: 'Paris' },
      { op: 'remove', path: 'name.formatted' },
      { op: 'replace', path: `${ENTERPRISE}:division`, value: 'South' },
      { op: 'add', value: { nickName: 'A', [ENTERPRISE]: { costCenter: '7' }, name: { middleName: 'B' } } },
      { op: 'add', value: { 'addresses[type eq "home"].locality': 'Rome', 'name.middleName': 'C' } },
      { op: 'replace', path: 'groups', value: [] },
      { op: 'replace', path: 'schemas', value: [CORE_USER, ENTERPRISE] },
    );
    t.equal(ignored.statusCode, 200, ignored.body);
    t.equal(ignored.headers['etag'], etag, 'nothing has changed');
    const put = await scim({ method: 'PUT', url, payload: { ...FULL, title: 'Dr', locale: 'en' } });
    t.equal(put.statusCode, 200, put.body);
    t.equal(put.headers['etag'], etag);
    t.strictSame(withoutMeta(put.json()), KEPT);
    const unknown = await patch(app, url, { op: 'add', path: 'shoeSize', value: 3 });
    t.equal(unknown.statusCode, mode === 'strict' ? 400 : 200, 'what is not declared is another matter');

    const shown = (await scim({ url: `/Users/${old.id}` })).json();
    t.strictSame(
      withoutMeta(shown),
      { ...KEPT, userName: 'old@example.com' },
      'what was kept before is not shown',
    );
    const changed = await patch(app, `/Users/${old.id}`, {
      op: 'replace',
      path: 'name.givenName',
      value: 'A.',
    });
    t.match(
      changed.json(),
      { name: { givenName: 'A.', familyName: 'Lovelace' } },
      'nor in the way of changes',
    );
    const asked = await scim({ url: `${url}?attributes=title,${ENTERPRISE}:division,name.formatted` });
    t.same(Object.keys(asked.json()), ['schemas', 'id']);

    for (const filter of [
      'title eq "Countess"',
      'name.formatted pr',
      `${ENTERPRISE}:division pr`,
      'groups pr',
    ]) {
      t.match(
        (await scim({ url: users(`filter=${filter}`) })).json(),
        { status: '400', scimType: 'invalidFilter', detail: /is not synchronised for this tenant/ },
        filter,
      );
    }
    t.match((await scim({ url: users('sortBy=title') })).json(), {
      status: '400',
      scimType: 'invalidFilter',
      detail: /not synchronised/,
    });
    t.match((await scim({ url: users('filter=displayName eq "ada"&sortBy=name.familyName') })).json(), {
      totalResults: 2,
    });

    await set(app, { attributes: null });
    t.match((await scim({ url })).json(), { title: undefined, displayName: 'Ada' }, 'it has not been kept');
  });
}

t.test('what is not synchronised is not taken for something else, and not noted', async (t) => {
  const app = await openApp(t);
  const { scim, admin } = app;
  const OWN = 'urn:example:schemas:extension:acme:2.0:User';
  await admin('PUT', `/tenants/acme/schemas/${OWN}`, {
    name: 'Acme',
    extends: ['User', 'Group'],
    attributes: [{ name: 'title' }, { name: 'department' }, { name: 'badge' }],
  });
  await set(app, { attributes: [OWN] });
  const made = await post(app, {
    userName: 'ada',
    title: 'x',
    department: 'y',
    badge: 'z',
    password: 's',
    shoe: 1,
  });
  t.strictSame(withoutMeta(made.json()), {
    schemas: [CORE_USER, OWN],
    userName: 'ada',
    active: true,
    [OWN]: { badge: 'z' },
  });
  for (;;) {
    const { undeclared } = (await admin('GET', '/tenants/acme/undeclared')).json<{
      undeclared: { name: string }[];
    }>();
    if (undeclared.length === 0) continue;
    t.same(
      undeclared.map(({ name }) => name),
      ['department', 'shoe'],
      'without its URN, a department could be that of either schema',
    );
    break;
  }
  const logged = async () => JSON.stringify((await admin('GET', '/tenants/acme/exchanges')).json());
  while (!(await logged()).includes('badge')) continue;
  t.match(await logged(), /"title":"\[removed\]"/, 'nor is it in the provisioning log');

  // Groups have all that is declared for them, and of users nothing is left of the schema.
  await set(app, { attributes: [] });
  t.same(attributesOf((await scim({ url: `/Schemas/${OWN}` })).json()), ['title', 'department', 'badge']);
  t.same((await scim({ url: '/ResourceTypes/User' })).json().schemaExtensions, undefined);
  t.match((await scim({ url: '/ResourceTypes/Group' })).json().schemaExtensions, [{ schema: OWN }]);
  const group = { schemas: [CORE_GROUP, OWN], displayName: 'G', [OWN]: { title: 't' } };
  t.match((await scim({ method: 'POST', url: '/Groups', payload: group })).json(), { [OWN]: { title: 't' } });
  t.match((await scim({ url: `/?filter=${encodeURIComponent('displayName pr')}` })).json(), {
    totalResults: 1,
  });
});

t.test('B10.06 discovery tells what a tenant synchronises and requires', async (t) => {
  const app = await reset();
  const { scim } = app;
  const everything = (await scim({ url: '/Schemas' })).json();
  await set(app, { ...CHOSEN, requiredAttributes: ['name.givenName', `${ENTERPRISE}:department`] });
  const user = (await scim({ url: `/Schemas/${CORE_USER}` })).json();
  t.same(attributesOf(user).toSorted(), [
    'active',
    'displayName',
    'emails',
    'externalId',
    'name',
    'password',
    'userName',
  ]);
  const name = user.attributes.find((attribute: { name: string }) => attribute.name === 'name');
  t.match(name, {
    required: true,
    subAttributes: [
      { name: 'familyName', required: false },
      { name: 'givenName', required: true },
    ],
  });
  t.match((await scim({ url: `/Schemas/${ENTERPRISE}` })).json().attributes, [
    { name: 'department', required: true },
  ]);
  await set(app, { attributes: ['name.formatted'], requiredAttributes: [] });
  t.equal((await scim({ url: `/Schemas/${ENTERPRISE}` })).statusCode, 404);
  t.equal((await scim({ url: '/ResourceTypes/User' })).json().schemaExtensions, undefined);
  t.same((await post(app, { userName: 'f', name: { formatted: 'F', middleName: 'M' } })).json().name, {
    formatted: 'F',
  });
  await set(app, { attributes: null });
  t.strictSame((await scim({ url: '/Schemas' })).json(), everything);
});

t.test('what a tenant requires is asked of a creation, and of nothing that is there', async (t) => {
  const app = await reset();
  const { scim } = app;
  const old = (await post(app, { userName: 'old' })).json();
  const requiredAttributes = ['name.givenName', 'emails.value', 'title', `${ENTERPRISE}:department`];
  await set(app, { requiredAttributes });
  const whole = { userName: 'new', name: { givenName: 'N' }, emails: [{ value: 'n@x.y' }], title: 'T' };
  const cases: readonly (readonly [object, string])[] = [
    [{ ...whole, name: { familyName: 'N' } }, 'name.givenName'],
    [{ ...whole, emails: [{ type: 'work' }] }, 'emails.value'],
    [{ ...whole, title: '' }, 'title'],
    [whole, `${ENTERPRISE}:department`],
  ];
  for (const [given, path] of cases) {
    const { status, scimType, detail } = (await post(app, given)).json();
    t.match({ status, scimType }, { status: '400', scimType: 'invalidValue' });
    t.ok(detail.startsWith(`The attribute "${path}" is required to create a User; add it.`), detail);
  }
  const made = await post(app, { ...whole, [ENTERPRISE]: { department: 'D' } });
  t.equal(made.statusCode, 201, made.body);
  t.match(await patch(app, `/Users/${made.json().id}`, { op: 'remove', path: 'title' }), { statusCode: 200 });
  const put = { schemas: [CORE_USER], userName: 'older' };
  t.match(await scim({ method: 'PUT', url: `/Users/${old.id}`, payload: put }), { statusCode: 200 });
});
