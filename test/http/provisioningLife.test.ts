/** DESIGN section 1, row by row: what the application sees of what an identity provider does. */
import t, { type Test } from 'tap';
import { openApp, type TestApp } from '../support/app.ts';
import { ENTERPRISE } from '../support/provisioningModel.ts';
import { type Provisioned, provisioned, told } from '../support/provisioned.ts';
import type { ChangeRow } from '../support/provisioningViews.ts';
import type { Answer } from '../rfc/client.ts';

let app: TestApp;
t.before(async () => {
  app = await openApp(t);
});

const ROLES = [
  { name: 'viewer', aliases: [] },
  { name: 'member', aliases: [] },
  { name: 'admin', aliases: [] },
];
const RULED = {
  roles: ROLES,
  organizations: { rules: [{ pattern: '{organization} {role}' }], unmatched: 'organization' as const },
};
const ACTIVE = { active: true, reason: null };
const inactive = (reason: string) => ({ active: false, reason });

/** All that the feed tells of a request bears its id and its token. */
async function causedBy(t: Test, tenant: Provisioned, answer: Answer): Promise<readonly ChangeRow[]> {
  const news = await tenant.news();
  const { rows } = await app.connection.pool.query(
    'select id from rollcall_data.tokens where tenant_id = $1',
    [tenant.tenantId],
  );
  const [token] = rows as { id: string }[];
  for (const change of news)
    t.match(change, {
      actor: 'token',
      token_id: token?.id as string,
      request_id: answer.headers['x-request-id'] as string,
    });
  return news;
}

t.test('a user that is created is an active account and a member of the default organization', async (t) => {
  const tenant = await provisioned(app, 'creates');
  const answer = await tenant.client.post('/Users', {
    userName: 'ada',
    externalId: 'e-1',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: [{ value: 'ada@example.com', type: 'work' }],
  });
  t.equal(answer.status, 201);
  t.match(await tenant.account(answer.body['id'] as string), {
    ...ACTIVE,
    user_name: 'ada',
    email: 'ada@example.com',
    given_name: 'Ada',
    family_name: 'Lovelace',
    external_id: 'e-1',
  });
  t.same(await tenant.memberships(), ['creates: ada']);
  const news = await causedBy(t, tenant, answer);
  t.same(news.map(told), [
    [
      'account.created',
      null,
      {
        userName: 'ada',
        externalId: 'e-1',
        name: { givenName: 'Ada', familyName: 'Lovelace' },
        emails: [{ value: 'ada@example.com', type: 'work' }],
        ...ACTIVE,
      },
    ],
    ['members.added', null, { role: null, groups: [] }],
  ]);
  const late = await tenant.client.post('/Users', { userName: 'grace', active: false });
  t.match((await causedBy(t, tenant, late)).map(told), [
    ['account.created', null, { userName: 'grace', ...inactive('suspended') }],
  ]);
  t.same(await tenant.accounts(), ['ada', 'grace: suspended']);
});

t.test('an update shows in the account, and the feed has what changed, and nothing of a no-op', async (t) => {
  const tenant = await provisioned(app, 'updates');
  const chief = await tenant.client.user('chief');
  const extension = { department: 'D1', manager: { value: chief['id'] as string } };
  const { id } = await tenant.client.user('ada', { title: 'one', [ENTERPRISE]: extension });
  await tenant.news();
  const operations = [
    { op: 'replace', path: 'title', value: 'two' },
    { op: 'add', path: 'displayName', value: 'Ada' },
    { op: 'replace', path: `${ENTERPRISE}:department`, value: 'D2' },
  ];
  const answer = await tenant.client.patch(`/Users/${id}`, operations);
  const [change, ...others] = await causedBy(t, tenant, answer);
  t.same(others, []);
  t.match(change, { kind: 'account.updated', resource_id: id as string });
  t.same((change?.before ?? {})['title'], 'one');
  t.same((change?.before ?? {})[ENTERPRISE], extension, 'an extension as a whole');
  t.same(change?.after, {
    title: 'two',
    displayName: 'Ada',
    [ENTERPRISE]: { ...extension, department: 'D2' },
  });
  t.same(change?.paths.toSorted(), ['displayName', 'title', `${ENTERPRISE}:department`].sort());

  await tenant.client.patch(`/Users/${id}`, operations);
  await tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: true }]);
  const { body } = await tenant.client.get(`/Users/${id}`);
  await tenant.client.put(`/Users/${id}`, body);
  t.same(await tenant.news(), [], 'B6.08 what changes nothing is not told');

  const left = await tenant.client.remove(`/Users/${chief['id']}`);
  const news = await causedBy(t, tenant, left);
  t.match(
    news.find(({ kind }) => kind === 'account.updated'),
    { resource_id: id as string, after: { [ENTERPRISE]: { department: 'D2' } } },
    'B7.03 a manager who is deleted is taken from the accounts of others',
  );
});

t.test(
  'a suspended user keeps the directory and loses access; a reactivated one has all again',
  async (t) => {
    const tenant = await provisioned(app, 'suspends', RULED);
    const { id } = await tenant.client.user('ada');
    const group = await tenant.client.group('Globex admin', [id as string]);
    const before = await tenant.account(id as string);
    await tenant.news();
    t.same(await tenant.memberships(), ['Globex: ada admin', 'suspends: ada']);

    const off = await tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }]);
    t.equal((await tenant.client.get(`/Users/${id}`)).body['active'], false, 'still readable');
    t.match((await tenant.client.get(`/Groups/${group['id']}`)).body['members'], [{ value: id as string }]);
    t.match(await tenant.account(id as string), inactive('suspended'));
    t.same(await tenant.memberships(), []);
    const lost = (await causedBy(t, tenant, off)).map(told);
    t.same(lost[0], ['account.suspended', ACTIVE, inactive('suspended')]);
    t.same(
      new Set(lost.slice(1)),
      new Set([
        ['members.removed', { role: null, groups: [] }, null],
        ['members.removed', { role: 'admin', groups: [group['id']] }, null],
      ]),
    );

    const on = await tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: true }]);
    t.same(await tenant.account(id as string), before);
    t.same(await tenant.memberships(), ['Globex: ada admin', 'suspends: ada']);
    const back = (await causedBy(t, tenant, on)).map(told);
    t.same(back[0], ['account.reactivated', inactive('suspended'), ACTIVE]);
    t.equal(back.length, 3);
  },
);

t.test(
  'a deleted user leaves an inactive account, to which the person comes back under a new id',
  async (t) => {
    const tenant = await provisioned(app, 'deletes', { retentionDays: 30 });
    const { id } = await tenant.client.user('ada', { title: 'one', externalId: 'e-1' });
    const account = await tenant.account(id as string);
    await tenant.news();
    const answer = await tenant.client.remove(`/Users/${id}`);
    t.equal((await tenant.client.get(`/Users/${id}`)).status, 404);
    t.match(await tenant.account(id as string), inactive('deprovisioned'));
    const { rows } = await app.connection.pool.query(
      `select purge_at - deprovisioned_at = interval '30 days' as due from rollcall.accounts where tenant_id = $1`,
      [tenant.tenantId],
    );
    t.same(rows, [{ due: true }]);
    t.same((await causedBy(t, tenant, answer)).map(told), [
      ['account.deprovisioned', ACTIVE, inactive('deprovisioned')],
      ['members.removed', { role: null, groups: [] }, null],
    ]);

    const again = await tenant.client.post('/Users', { userName: 'ADA', title: 'two' });
    t.equal(again.status, 201, 'the name is free');
    t.not(again.body['id'], id);
    const returned = await tenant.account(again.body['id'] as string);
    t.match(returned, { account_id: account?.account_id as string, ...ACTIVE, user_name: 'ADA' });
    const news = await causedBy(t, tenant, again);
    t.same(news.map(({ kind }) => kind).toSorted(), [
      'account.reactivated',
      'account.updated',
      'members.added',
    ]);
    t.match(
      news.find(({ kind }) => kind === 'account.updated'),
      { before: { title: 'one', externalId: 'e-1' }, after: { userName: 'ADA', title: 'two' } },
    );

    await tenant.client.remove(`/Users/${again.body['id']}`);
    const renamed = await tenant.client.user('lovelace', { externalId: 'e-1' });
    const third = await tenant.account(renamed['id'] as string);
    t.not(third?.account_id, account?.account_id, 'the account has no externalId any more');
    await tenant.client.remove(`/Users/${renamed['id']}`);
    const fourth = await tenant.client.user('byron', { externalId: 'e-1' });
    t.equal((await tenant.account(fourth['id'] as string))?.account_id, third?.account_id, 'by externalId');
    await tenant.news();
  },
);

t.test(
  'a group is an organization, made or adopted, renamed with it, and archived when it is deleted',
  async (t) => {
    const tenant = await provisioned(app, 'groups');
    const { id } = await tenant.client.user('ada');
    await tenant.news();
    const made = await tenant.client.post('/Groups', {
      displayName: 'Eng',
      members: [{ value: id as string }],
    });
    t.same(await tenant.memberships(), ['Eng: ada', 'groups: ada']);
    const url = `/Groups/${made.body['id']}`;
    const first = await causedBy(t, tenant, made);
    const organization = first.find(({ kind }) => kind === 'organization.created');
    t.same(organization?.after, { name: 'Eng' });
    t.match(
      first.find(({ kind }) => kind === 'members.added'),
      {
        organization_id: organization?.organization_id as string,
        after: { role: null, groups: [made.body['id'] as string] },
      },
    );

    const renamed = await tenant.client.patch(url, [
      { op: 'replace', path: 'displayName', value: 'Engineering' },
    ]);
    t.same(await tenant.memberships(), ['Engineering: ada', 'groups: ada']);
    t.same(
      (await causedBy(t, tenant, renamed)).filter(({ kind }) => !kind.startsWith('resource.')).map(told),
      [['organization.renamed', { name: 'Eng' }, { name: 'Engineering' }]],
    );

    const gone = await tenant.client.remove(url);
    t.same(await tenant.memberships(), ['Engineering (archived)', 'groups: ada']);
    const last = (await causedBy(t, tenant, gone)).filter(({ kind }) => !kind.startsWith('resource.'));
    t.same(
      last.map(({ kind }) => kind),
      ['members.removed', 'organization.archived'],
    );

    const again = await tenant.client.post('/Groups', {
      displayName: 'ENGINEERING',
      members: [{ value: id as string }],
    });
    t.same(
      await tenant.memberships(),
      ['Engineering: ada', 'groups: ada'],
      'adopted, not made a second time',
    );
    t.match(
      (await causedBy(t, tenant, again)).find(({ kind }) => kind === 'organization.restored'),
      { organization_id: organization?.organization_id as string },
    );
  },
);

t.test('who comes into groups and out of them has the strongest role of those that are left', async (t) => {
  const tenant = await provisioned(app, 'roles', RULED);
  const { id } = await tenant.client.user('ada');
  const viewers = await tenant.client.group('Globex viewer', [id as string]);
  const admins = await tenant.client.group('Globex admin');
  const nested = await tenant.client.group('Chiefs');
  await tenant.news();
  t.same(await tenant.memberships(), ['Globex: ada viewer', 'roles: ada']);
  const ofGlobex = (changes: readonly ChangeRow[]) =>
    changes.filter(({ kind, after }) => kind === 'members.changed' || (after ?? {})['role']).map(told);
  const both = [viewers['id'] as string, admins['id'] as string].sort();

  const within = await tenant.client.patch(`/Groups/${admins['id']}`, [
    { op: 'add', path: 'members', value: [{ value: nested['id'] as string }] },
  ]);
  t.same(
    (await causedBy(t, tenant, within)).filter(({ kind }) => kind.startsWith('members.')),
    [],
  );
  const joined = await tenant.client.patch(`/Groups/${nested['id']}`, [
    { op: 'add', path: 'members', value: [{ value: id as string }] },
  ]);
  t.same(await tenant.memberships(), ['Chiefs: ada', 'Globex: ada admin', 'roles: ada']);
  t.same(ofGlobex(await causedBy(t, tenant, joined)), [
    ['members.changed', { role: 'viewer', groups: [viewers['id']] }, { role: 'admin', groups: both }],
  ]);
  const cut = await tenant.client.patch(`/Groups/${admins['id']}`, [
    { op: 'remove', path: `members[value eq "${nested['id']}"]` },
  ]);
  t.same(await tenant.memberships(), ['Chiefs: ada', 'Globex: ada viewer', 'roles: ada']);
  t.same(ofGlobex(await causedBy(t, tenant, cut)), [
    ['members.changed', { role: 'admin', groups: both }, { role: 'viewer', groups: [viewers['id']] }],
  ]);
  await tenant.client.put(`/Groups/${viewers['id']}`, { displayName: 'Globex viewer', members: [] });
  t.same(await tenant.memberships(), ['Chiefs: ada', 'roles: ada']);
  await tenant.news();
});

t.test('a change of many memberships is told in few changes of at most 1,000 accounts', async (t) => {
  const tenant = await provisioned(app, 'many');
  const ids: string[] = [];
  for (let n = 0; n < 1_050; n += 150) {
    const answer = await tenant.client.post('/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: Array.from({ length: 150 }, (_, index) => ({
        method: 'POST',
        path: '/Users',
        bulkId: String(index),
        data: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `user${n + index}` },
      })),
    });
    const made = answer.body['Operations'] as { location: string }[];
    ids.push(...made.map(({ location }) => location.split('/').at(-1) as string));
  }
  await tenant.news();
  const group = await tenant.client.group('All', ids);
  const added = (await tenant.news()).filter(({ kind }) => kind === 'members.added');
  t.same(new Set(added.map(({ account_ids }) => account_ids?.length)), new Set([1000, 50]));
  await tenant.client.remove(`/Groups/${group['id']}`);
  const removed = (await tenant.news()).filter(({ kind }) => kind === 'members.removed');
  t.same(new Set(removed.map(({ account_ids }) => account_ids?.length)), new Set([1000, 50]));
});

t.test(
  'who does not match the admission filter has no account until they do, and none that counts after',
  async (t) => {
    const tenant = await provisioned(app, 'admits', { admission: 'userType ne "Contractor"' });
    const { id } = await tenant.client.user('ada', { userType: 'contractor' });
    t.equal(await tenant.account(id as string), undefined);
    t.same(
      (await tenant.news()).filter(({ kind }) => kind.startsWith('account.')),
      [],
    );
    const become = (value: string) =>
      tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'userType', value }]);
    await become('Employee');
    t.same(await tenant.memberships(), ['admits: ada']);
    t.same(
      (await tenant.news()).map(({ kind }) => kind).filter((kind) => !kind.startsWith('resource.')),
      ['account.created', 'members.added'],
    );
    await become('Contractor');
    t.match(await tenant.account(id as string), inactive('excluded'));
    t.same(await tenant.memberships(), []);
    t.ok((await tenant.news()).some(({ kind }) => kind === 'account.excluded'));
  },
);

t.test('a link that an admin makes leaves the mapping out, until it is taken away again', async (t) => {
  const tenant = await provisioned(app, 'links', RULED);
  const { id } = await tenant.client.user('ada');
  const pushed = await tenant.client.group('Pushed', [id as string]);
  await tenant.client.group('Globex viewer');
  const { rows } = await app.connection.pool.query(
    `select organization_id from rollcall.organizations where tenant_id = $1 and name = 'Globex'`,
    [tenant.tenantId],
  );
  const [globex] = rows as { organization_id: string }[];
  const path = `/links/${pushed['id']}/${globex?.organization_id}`;
  t.equal(Math.floor((await tenant.admin('PUT', path, { role: 'admin' })).status / 100), 2);
  t.same(await tenant.memberships(), ['Globex: ada admin', 'Pushed (archived)', 'links: ada']);
  t.ok((await tenant.news()).some(({ actor, kind }) => actor === 'admin' && kind === 'members.added'));
  await tenant.client.patch(`/Groups/${pushed['id']}`, [
    { op: 'replace', path: 'displayName', value: 'Initech member' },
  ]);
  t.same(await tenant.memberships(), ['Globex: ada admin', 'Pushed (archived)', 'links: ada']);
  t.equal(Math.floor((await tenant.admin('DELETE', path)).status / 100), 2);
  t.same(await tenant.memberships(), ['Initech: ada member', 'Pushed (archived)', 'links: ada']);
  await tenant.news();
});

// Which memberships there should be, by nothing but recursion over the rows of the directory.
const RECOMPUTED = `
  with recursive within (member_id, group_id) as (
    select member_id, group_id from rollcall_data.members where tenant_id = $1
    union
    select w.member_id, m.group_id from within w
    join rollcall_data.members m on m.tenant_id = $1 and m.member_id = w.group_id
  ), given as (
    select l.organization_id, r.account_id, l.role, l.group_id
    from within w
    join rollcall_data.group_links l on l.tenant_id = $1 and l.group_id = w.group_id
    join rollcall_data.resources r on r.tenant_id = $1 and r.id = w.member_id and r.type = 'User'
      and r.deleted_at is null and r.active
    union all
    select o.id, r.account_id, null, null
    from rollcall_data.organizations o
    join rollcall_data.resources r on r.tenant_id = $1 and r.type = 'User' and r.deleted_at is null and r.active
    where o.tenant_id = $1 and o.is_default
  )
  select organization_id, account_id,
    (array['viewer', 'member', 'admin'])[max(array_position(array['viewer', 'member', 'admin'], role))] as role,
    coalesce(array_agg(distinct group_id order by group_id) filter (where group_id is not null), '{}') as group_ids
  from given group by organization_id, account_id order by organization_id, account_id`;
const SHOWN = `select organization_id, account_id, role, group_ids from rollcall.organization_members
  where tenant_id = $1 order by organization_id, account_id`;

async function sameAsRecomputed(t: Test, tenant: Provisioned, message: string): Promise<void> {
  const { pool } = app.connection;
  const expected = await pool.query(RECOMPUTED, [tenant.tenantId]);
  t.same((await pool.query(SHOWN, [tenant.tenantId])).rows, expected.rows, message);
  await tenant.news();
}

const succeeded = ({ status }: Answer): boolean => status >= 200 && status < 300;

t.test(
  'of 30 parallel requests that put a user into ten groups and suspend and reactivate them none is lost',
  async (t) => {
    const tenant = await provisioned(app, 'parallel', {
      roles: ROLES,
      organizations: {
        rules: ['viewer', 'member', 'admin'].flatMap((role) =>
          [1, 2, 3].map((n) => ({ name: `${role} ${n}`, organization: 'Globex', role })),
        ),
        unmatched: 'organization',
      },
    });
    const { id } = await tenant.client.user('ada');
    const groups: string[] = [];
    for (const name of ['viewer', 'member', 'admin'].flatMap((role) => [1, 2, 3].map((n) => `${role} ${n}`)))
      groups.push((await tenant.client.group(name))['id'] as string);
    groups.push((await tenant.client.group('Other'))['id'] as string);
    const answers = await Promise.all(
      groups.flatMap((group, n) => [
        tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: n % 2 === 0 }]),
        tenant.client.patch(`/Groups/${group}`, [
          { op: 'add', path: 'members', value: [{ value: id as string }] },
        ]),
        tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: n % 2 === 1 }]),
      ]),
    );
    t.ok(answers.every(succeeded), 'each is done');
    await sameAsRecomputed(t, tenant, 'whatever came last');
    await tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: true }]);
    t.same(await tenant.memberships(), ['Globex: ada admin', 'Other: ada', 'parallel: ada']);
    await sameAsRecomputed(t, tenant, 'all ten groups count');
  },
);

t.test(
  'groups that are nested and taken apart while their members change are counted as they end',
  async (t) => {
    const tenant = await provisioned(app, 'nesting', RULED);
    const users: string[] = [];
    for (let n = 0; n < 4; n += 1) users.push((await tenant.client.user(`user${n}`))['id'] as string);
    const groups: string[] = [];
    for (const name of ['Globex viewer', 'Globex admin', 'Initech member', 'Plain', 'Chain'])
      groups.push((await tenant.client.group(name))['id'] as string);
    const edit = (group: number, how: 'add' | 'remove', member: string) =>
      tenant.client.patch(`/Groups/${groups[group]}`, [
        how === 'add'
          ? { op: 'add', path: 'members', value: [{ value: member }] }
          : { op: 'remove', path: `members[value eq "${member}"]` },
      ]);
    for (let round = 0; round < 6; round += 1) {
      const work = [0, 1, 2, 3, 4].flatMap((at) => {
        const below = groups[(at + 1 + (round % 2)) % groups.length] as string;
        const user = users[(at + round) % users.length] as string;
        return [
          edit(at, (at + round) % 3 === 0 ? 'remove' : 'add', below),
          edit(at, (at * round) % 4 === 1 ? 'remove' : 'add', user),
          edit((at + 2) % 5, round % 2 === 0 ? 'add' : 'remove', user),
        ];
      });
      t.ok((await Promise.all(work)).every(succeeded), `round ${round} is done`);
      await sameAsRecomputed(t, tenant, `round ${round}`);
    }
  },
);
