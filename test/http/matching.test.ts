/** What a creation does for somebody who is there already, and what it never does. */
import t, { type Test } from 'tap';
import type { ProvisioningSettings, StoredProvisioning } from '../../src/provisioning/settings.ts';
import { ENTERPRISE, type Json, resourcesOf, userOf } from '../rfc/client.ts';
import { ADMIN_TOKEN, openApp, type TestApp } from '../support/app.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';

let app: TestApp;
t.before(async () => {
  app = await openApp(t);
});

const REJECT: ProvisioningSettings['matching'] = {
  userName: 'reject',
  email: 'reject',
  deactivated: 'reject',
};
const matching = (
  given: Partial<ProvisioningSettings['matching']>,
  more: StoredProvisioning = {},
): StoredProvisioning => ({ matching: { ...REJECT, ...given }, ...more });

const work = (value: string) => ({ emails: [{ value, type: 'work', primary: true }] });

/** A tenant with imported people. */
async function withPeople(
  slug: string,
  stored: StoredProvisioning,
  people: readonly object[],
): Promise<Provisioned> {
  const tenant = await provisioned(app, slug, stored);
  const answer = await app.server.inject({
    method: 'POST',
    url: `/admin/v1/tenants/${slug}/import`,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/x-ndjson' },
    payload: people.map((person) => JSON.stringify(person)).join('\n'),
  });
  const last = JSON.parse(answer.body.trim().split('\n').at(-1) ?? '') as Json;
  if (last['report']?.created !== people.length) throw new Error(answer.body);
  await tenant.news();
  return tenant;
}

const scimIdOf = async ({ client }: Provisioned, userName: string): Promise<string> =>
  String(resourcesOf((await client.find('/Users', `userName eq "${userName}"`)).body)[0]?.['id']);

async function isImported({ tenantId }: Provisioned, id: string): Promise<boolean> {
  const { rows } = await app.connection.pool.query<{ imported: boolean }>(
    'select imported from rollcall_data.resources where tenant_id = $1 and id = $2',
    [tenantId, id],
  );
  return rows[0]?.imported === true;
}

const kinds = async (tenant: Provisioned): Promise<string[]> => (await tenant.news()).map(({ kind }) => kind);

const isSomebodyNew = async (t: Test, tenant: Provisioned, body: object, others: readonly string[]) => {
  const answer = await tenant.client.post('/Users', body);
  t.equal(answer.status, 201);
  const account = await tenant.account(answer.body['id'] as string);
  t.ok(account);
  t.notOk(others.includes(account?.account_id ?? ''), 'nobody is taken over');
  return answer.body;
};

t.test('people who were imported are found by what an identity provider searches for', async (t) => {
  const tenant = await withPeople('found', {}, [
    { userName: 'ada', email: 'ada@acme.example', externalId: 'E-1' },
    { userName: 'bob', email: 'bob@acme.example', externalId: 'E-2' },
  ]);
  const id = await scimIdOf(tenant, 'ADA');
  for (const filter of [
    'userName eq "ada"',
    'emails.value eq "Ada@Acme.example"',
    'emails[value eq "ada@acme.example"]',
    'externalId eq "E-1"',
  ]) {
    const { body } = await tenant.client.find('/Users', filter);
    t.match(body, { totalResults: 1, Resources: [{ id, userName: 'ada' }] }, filter);
  }
});

t.test(
  'who was imported is not made a second time, and the refusal says who it is and what to do',
  async (t) => {
    const tenant = await withPeople('refuses', {}, [{ userName: 'ada', email: 'ada@acme.example' }]);
    const id = await scimIdOf(tenant, 'ada');
    const answer = await tenant.client.post('/Users', userOf('Ada'));
    t.match(answer, { status: 409, body: { scimType: 'uniqueness' } });
    t.match(answer.body['detail'], id);
    t.match(answer.body['detail'], /imported.*matching|matching.*imported/s);
    t.ok(await isImported(tenant, id));
    t.same(await tenant.news(), []);
  },
);

t.test(
  'who was imported is taken over by userName, with the account and what the creation says',
  async (t) => {
    const tenant = await withPeople('adopts', matching({ userName: 'adopt' }), [
      { userName: 'ada', email: 'ada@acme.example', displayName: 'A.', title: 'Countess' },
      { userName: 'bob' },
    ]);
    const id = await scimIdOf(tenant, 'ada');
    const before = await tenant.account(id);
    const answer = await tenant.client.post(
      '/Users',
      userOf('Ada', { displayName: 'Ada', externalId: 'E-1', ...work('ada@acme.example') }),
    );
    t.match(answer, { status: 201, body: { id, userName: 'Ada', displayName: 'Ada', externalId: 'E-1' } });
    t.match(String(answer.headers['location']), new RegExp(`/Users/${id}$`));
    const asPut = await tenant.client.put(
      `/Users/${id}`,
      userOf('Ada', { displayName: 'Ada', externalId: 'E-1', ...work('ada@acme.example') }),
    );
    t.same({ ...asPut.body, meta: null }, { ...answer.body, meta: null }, 'as a PUT would have left it');
    t.match(await tenant.account(id), { account_id: before?.account_id as string, user_name: 'Ada' });
    t.notOk(await isImported(tenant, id));
    const news = await tenant.news();
    t.same(
      news.map(({ kind }) => kind),
      ['account.updated'],
    );
    t.match(news[0], { actor: 'token', before: { displayName: 'A.' }, after: { displayName: 'Ada' } });

    const again = await tenant.client.post('/Users', userOf('ada'));
    t.match(again, { status: 409, body: { scimType: 'uniqueness' } }, 'once');
    t.match(again.body['detail'], id);

    const bob = await scimIdOf(tenant, 'bob');
    t.match(await tenant.client.post('/Users', userOf('bob')), { status: 201, body: { id: bob } });
    t.notOk(await isImported(tenant, bob), 'also where there is nothing new to say');
    t.same(await tenant.news(), []);
    t.equal((await tenant.client.post('/Users', userOf('bob'))).status, 409);
  },
);

t.test(
  'an e-mail address leads to who was imported only in a verified domain, and without doubt',
  async (t) => {
    const tenant = await withPeople(
      'by-mail',
      matching({ email: 'adopt' }, { verifiedDomains: ['acme.example', 'acme.org'] }),
      [
        { userName: 'ada', email: 'ada@acme.example' },
        { userName: 'bob', email: 'bob@elsewhere.example' },
        { userName: 'twin1', email: 'twin@acme.example' },
        { userName: 'twin2', email: 'twin@acme.example' },
        { userName: 'half', email: 'half@acme.example' },
        { userName: 'dot', email: 'dot@acme.example.' },
        { userName: 'sub', email: 'sub@evil.acme.example' },
        { userName: 'long', email: 'long@notacme.example' },
        { userName: 'kyrill', email: 'kyrill@\u0430cme.example' },
        {
          userName: 'two',
          emails: [
            { value: 'two@acme.example', primary: true },
            { value: 'two@acme.org', type: 'home' },
          ],
        },
      ],
    );
    const { rows } = await app.connection.pool.query<{ account_id: string }>(
      'select account_id from rollcall.accounts where tenant_id = $1',
      [tenant.tenantId],
    );
    const all = rows.map(({ account_id }) => account_id);
    let n = 0;
    const somebodyNew = (t: Test, value: string) =>
      isSomebodyNew(t, tenant, userOf(`new${(n += 1)}`, work(value)), all);
    await somebodyNew(t, 'bob@elsewhere.example');
    await somebodyNew(t, 'twin@acme.example');
    await tenant.client.user('provided', { displayName: 'no address yet' });
    const provided = await scimIdOf(tenant, 'provided');
    await tenant.client.put(`/Users/${provided}`, userOf('provided', work('half@acme.example')));
    await somebodyNew(t, 'half@acme.example');
    await somebodyNew(t, 'dot@acme.example.');
    await somebodyNew(t, 'dot@acme.example');
    await somebodyNew(t, 'sub@evil.acme.example');
    await somebodyNew(t, 'long@notacme.example');
    await somebodyNew(t, 'kyrill@\u0430cme.example');
    await somebodyNew(t, 'kyrill@acme.example');
    await somebodyNew(t, 'ada@acme.example, ada@acme.example');

    const id = await scimIdOf(tenant, 'ada');
    const account = await tenant.account(id);
    const adopted = await tenant.client.post('/Users', userOf('lovelace', work('ADA@Acme.Example')));
    t.match(adopted, { status: 201, body: { id, userName: 'lovelace' } });
    t.match(await tenant.account(id), {
      account_id: account?.account_id as string,
      user_name: 'lovelace',
    });
    t.notOk(await isImported(tenant, id));
    await somebodyNew(t, 'ada@acme.example');
    t.match((await tenant.client.get(`/Users/${id}`)).body, { userName: 'lovelace' }, 'never a second time');

    const two = await scimIdOf(tenant, 'two');
    const both = { emails: [{ value: 'two@acme.example' }, { value: 'two@acme.org' }] };
    t.match(
      (await tenant.client.post('/Users', userOf('zwei', both))).body,
      { id: two },
      'one person is found by two of their addresses',
    );
    await tenant.news();
  },
);

t.test('without a verified domain, or without the policy, an e-mail address leads to nobody', async (t) => {
  for (const [slug, stored] of [
    ['mail-unverified', matching({ email: 'adopt' })],
    ['mail-rejected', matching({ userName: 'adopt' }, { verifiedDomains: ['acme.example'] })],
  ] as const) {
    const tenant = await withPeople(slug, stored, [{ userName: 'ada', email: 'ada@acme.example' }]);
    const there = await tenant.account(await scimIdOf(tenant, 'ada'));
    await isSomebodyNew(t, tenant, userOf('other', work('ada@acme.example')), [there?.account_id as string]);
    await tenant.news();
  }
});

t.test('only an address in a verified domain counts as verified for the application', async (t) => {
  const tenant = await provisioned(app, 'verified', { verifiedDomains: ['acme.example'] });
  const verified = async (value: string): Promise<boolean> => {
    const { id } = await tenant.client.user(`user ${value}`, work(value));
    const { rows } = await app.connection.pool.query<{ email_verified: boolean }>(
      'select email_verified from rollcall.accounts where tenant_id = $1 and scim_id = $2',
      [tenant.tenantId, id],
    );
    return rows[0]?.email_verified === true;
  };
  t.ok(await verified('a@acme.example'));
  t.ok(await verified('b@ACME.example'));
  for (const value of [
    'c@acme.example.',
    'd@evil.acme.example',
    'e@notacme.example',
    'f@\u0430cme.example',
    'g@acme.example@evil.example',
    'acme.example',
    'h@acme.example ',
    'i@evil.example,j@acme.example>',
    'k@acme.example\u0000',
  ]) {
    t.notOk(await verified(value).catch(() => false), JSON.stringify(value));
  }
});

t.test('who is deactivated comes back by a creation where the policy says so, and not else', async (t) => {
  const refuses = await provisioned(app, 'stays-away');
  const away = await refuses.client.user('ada', { active: false });
  const refusal = await refuses.client.post('/Users', userOf('ada'));
  t.equal(refusal.status, 409);
  t.match(refusal.body['detail'], String(away['id']));
  t.match(refusal.body['detail'], /active/);

  const tenant = await provisioned(app, 'comes-back', matching({ deactivated: 'reactivate' }));
  const ada = await tenant.client.user('ada', { active: false, title: 'Countess', nickName: 'A' });
  const id = ada['id'] as string;
  const before = await tenant.account(id);
  await tenant.news();
  const back = await tenant.client.post('/Users', userOf('Ada', { title: 'Engineer' }));
  t.match(back, { status: 201, body: { id, title: 'Engineer', active: true } });
  t.match(await tenant.account(id), { account_id: before?.account_id as string, active: true, reason: null });
  t.same((await tenant.memberships()).length, 1);
  t.same((await kinds(tenant)).toSorted(), ['account.reactivated', 'account.updated', 'members.added']);
  t.equal((await tenant.client.post('/Users', userOf('ada'))).status, 409, 'who is active is refused');
});

t.test('a leaver comes back by userName or externalId, as the same account under a new id', async (t) => {
  const tenant = await provisioned(app, 'returns');
  const first = await tenant.client.user('ada', { externalId: 'E-1', title: 'Countess' });
  const account = (await tenant.account(first['id'] as string))?.account_id as string;
  let last = first['id'] as string;
  const returns = async (body: object, what: string): Promise<void> => {
    t.equal((await tenant.client.remove(`/Users/${last}`)).status, 204);
    t.match((await tenant.accounts())[0], /: deprovisioned$/);
    const { status, body: made } = await tenant.client.post('/Users', body);
    t.equal(status, 201);
    t.not(made['id'], last, 'a new id');
    last = made['id'] as string;
    t.match(await tenant.account(last), { account_id: account, active: true }, what);
    t.equal((await tenant.accounts()).length, 1);
    await tenant.news();
  };
  await returns(userOf('Ada', { externalId: 'E-2', title: 'Engineer' }), 'by userName');
  t.match(await tenant.account(last), { attributes: { title: 'Engineer', externalId: 'E-2' } });
  await returns(userOf('lovelace', { externalId: 'E-2' }), 'by externalId');
  t.notOk((await tenant.account(last))?.attributes['title'], 'what is not said again is gone');
  await returns(userOf('lovelace', { [ENTERPRISE]: { department: 'Maths' } }), 'once more');
});

t.test('of two who return to one leaver at once, one is the leaver', async (t) => {
  const tenant = await provisioned(app, 'one-leaver');
  for (let round = 0; round < 5; round += 1) {
    const leaver = await tenant.client.user(`gone${round}`, { externalId: `E-${round}` });
    const account = (await tenant.account(leaver['id'] as string))?.account_id;
    await tenant.client.remove(`/Users/${leaver['id']}`);
    const answers = await Promise.all(
      ['a', 'b'].map((name) =>
        tenant.client.post('/Users', userOf(`${name}${round}`, { externalId: `E-${round}` })),
      ),
    );
    t.same(
      answers.map(({ status }) => status),
      [201, 201],
    );
    const accounts = await Promise.all(answers.map(({ body }) => tenant.account(body['id'] as string)));
    const ids = accounts.map((one) => one?.account_id);
    t.equal(ids.filter((id) => id === account).length, 1);
    t.equal(new Set(ids).size, 2);
    await tenant.news();
  }
});

t.test('two creations at once for one imported address are two people', async (t) => {
  const people = Array.from({ length: 5 }, (_, n) => ({ userName: `old${n}`, email: `p${n}@acme.example` }));
  const stored = matching({ email: 'adopt' }, { verifiedDomains: ['acme.example'] });
  const tenant = await withPeople('one-address', stored, people);
  for (let round = 0; round < people.length; round += 1) {
    const id = await scimIdOf(tenant, `old${round}`);
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        tenant.client.post('/Users', userOf(`${name}${round}`, work(`p${round}@acme.example`))),
      ),
    );
    t.same(
      answers.map(({ status }) => status),
      [201, 201, 201],
    );
    const ids = answers.map(({ body }) => body['id'] as string);
    t.equal(new Set(ids).size, 3);
    t.equal(ids.filter((one) => one === id).length, 1, 'the imported one is taken over once');
  }
  t.equal((await tenant.accounts()).length, 3 * people.length);
  await tenant.news();
});

t.test('of 30 creations of one userName at once, one account comes out, whatever the policy', async (t) => {
  for (const [n, policy] of (
    [{}, { userName: 'adopt', email: 'adopt', deactivated: 'reactivate' }] as const
  ).entries()) {
    for (const there of ['nobody', 'imported', 'deactivated', 'leaver'] as const) {
      const people = there === 'imported' ? [{ userName: 'ada', email: 'ada@acme.example' }] : [];
      const stored = matching(policy, { verifiedDomains: ['acme.example'] });
      const slug = `race-${n}-${there}`;
      const tenant = people.length
        ? await withPeople(slug, stored, people)
        : await provisioned(app, slug, stored);
      if (there === 'deactivated') await tenant.client.user('ada', { active: false });
      if (there === 'leaver') {
        await tenant.client.remove(`/Users/${(await tenant.client.user('ada'))['id']}`);
      }
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, k) =>
          tenant.client.post('/Users', userOf('ada', { title: `t${k}`, ...work('ada@acme.example') })),
        ),
      );
      const made = answers.filter(({ status }) => status === 201);
      const refused = answers.filter(({ status }) => status === 409);
      const mayCome =
        there === 'nobody' ||
        there === 'leaver' ||
        (there === 'imported' && 'userName' in policy) ||
        (there === 'deactivated' && 'deactivated' in policy);
      t.equal(made.length, mayCome ? 1 : 0, `${slug}: one is made`);
      t.equal(made.length + refused.length, 30, `${slug}: the others are refused`);
      t.equal((await tenant.accounts()).length, 1, `${slug}: one account`);
      await tenant.news();
    }
  }
});

t.test('Bulk can refer to somebody who is taken over, and to one who comes back', async (t) => {
  const policy = matching({ userName: 'adopt', deactivated: 'reactivate' });
  const tenant = await withPeople('bulk', policy, [{ userName: 'ada' }]);
  const bob = await tenant.client.user('bob', { active: false });
  const leaver = await tenant.client.user('eve');
  await tenant.client.remove(`/Users/${leaver['id']}`);
  const ada = await scimIdOf(tenant, 'ada');
  const people = ['ada', 'bob', 'eve', 'new'];
  for (const order of ['after', 'before'] as const) {
    const users = people.map((name) => ({
      method: 'POST',
      path: '/Users',
      bulkId: name,
      data: userOf(order === 'after' ? name : `${name}2`),
    }));
    const group = {
      method: 'POST',
      path: '/Groups',
      bulkId: 'group',
      data: {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
        displayName: `Eng ${order}`,
        members: people.map((name) => ({ value: `bulkId:${name}` })),
      },
    };
    const { status, body } = await tenant.client.post('/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: order === 'after' ? [...users, group] : [group, ...users],
    });
    t.equal(status, 200);
    const operations = body['Operations'] as Json[];
    t.same(
      operations.map((operation) => String(operation['status'])),
      Array.from({ length: 5 }, () => '201'),
      JSON.stringify(body),
    );
    const placeOf = (bulkId: string) =>
      String(operations.find((operation) => operation['bulkId'] === bulkId)?.['location']);
    const { body: made } = await tenant.client.get(`/Groups/${placeOf('group').split('/').at(-1)}`);
    t.same(
      (made['members'] as Json[]).map(({ value }) => value as string).toSorted(),
      people.map((name) => placeOf(name).split('/').at(-1) as string).toSorted(),
    );
    if (order === 'after') {
      t.match(placeOf('ada'), ada);
      t.match(placeOf('bob'), String(bob['id']));
    }
  }
  t.same(
    (await tenant.memberships()).filter((line) => line.startsWith('Eng after')),
    ['ada', 'bob', 'eve', 'new'].map((name) => `Eng after: ${name}`),
  );
  await tenant.news();
});

t.test('Bulk refers ahead to somebody who is taken over', async (t) => {
  const tenant = await withPeople('bulk-ahead', matching({ userName: 'adopt' }), [{ userName: 'ada' }]);
  const ada = await scimIdOf(tenant, 'ada');
  const { body } = await tenant.client.post('/Bulk', {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: [
      {
        method: 'POST',
        path: '/Groups',
        bulkId: 'g',
        data: {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
          displayName: 'Eng',
          members: [{ value: 'bulkId:u' }],
        },
      },
      { method: 'POST', path: '/Users', bulkId: 'u', data: userOf('ada') },
    ],
  });
  t.match(body, { Operations: [{ status: '201' }, { status: '201' }] }, JSON.stringify(body));
  const { body: groups } = await tenant.client.find('/Groups', 'displayName eq "Eng"');
  t.match(groups, { Resources: [{ members: [{ value: ada }] }] });
  t.same(await tenant.memberships(), ['Eng: ada', 'bulk-ahead: ada']);
  await tenant.news();
});

t.test('no policy reaches an account of another tenant', async (t) => {
  const all = matching(
    { userName: 'adopt', email: 'adopt', deactivated: 'reactivate' },
    { verifiedDomains: ['acme.example'] },
  );
  const people = [{ userName: 'ada', email: 'ada@acme.example', externalId: 'E-1' }];
  const theirs = await withPeople('theirs', all, people);
  const away = await theirs.client.user('away', { active: false, externalId: 'E-2' });
  const gone = await theirs.client.user('gone', { externalId: 'E-3' });
  await theirs.client.remove(`/Users/${gone['id']}`);
  await theirs.news();
  const before = await theirs.accounts();
  const ids = await Promise.all(
    [await scimIdOf(theirs, 'ada'), String(away['id'])].map(
      async (id) => (await theirs.account(id))?.account_id,
    ),
  );

  const ours = await provisioned(app, 'ours', all);
  for (const [userName, externalId] of [
    ['ada', 'E-1'],
    ['away', 'E-2'],
    ['gone', 'E-3'],
  ] as const) {
    const body = userOf(userName, { externalId, ...work('ada@acme.example') });
    await isSomebodyNew(t, ours, body, ids as string[]);
  }
  t.same(await theirs.accounts(), before);
  t.same(await theirs.news(), []);
  await ours.news();
});

t.test(
  'nobody moves to another account by a userName, an address or an externalId taken afterwards',
  async (t) => {
    const all = matching(
      { userName: 'adopt', email: 'adopt', deactivated: 'reactivate' },
      { verifiedDomains: ['acme.example'] },
    );
    const people = [{ userName: 'boss', email: 'boss@acme.example', externalId: 'B-1' }];
    const tenant = await withPeople('rewrites', all, people);
    const boss = await scimIdOf(tenant, 'boss');
    const bossAccount = await tenant.account(boss);
    const away = await tenant.client.user('away', { active: false });
    const gone = await tenant.client.user('gone', { externalId: 'G-1', ...work('gone@acme.example') });
    const goneAccount = await tenant.account(gone['id'] as string);
    await tenant.client.remove(`/Users/${gone['id']}`);
    const mallory = await tenant.client.user('mallory');
    const url = `/Users/${mallory['id']}`;
    const account = await tenant.account(mallory['id'] as string);
    const stays = async (what: string): Promise<void> => {
      t.match(
        await tenant.account(mallory['id'] as string),
        { account_id: account?.account_id as string },
        what,
      );
      t.same(await tenant.account(boss), bossAccount);
      await tenant.news();
    };

    for (const userName of ['boss', 'away']) {
      t.equal((await tenant.client.put(url, userOf(userName))).status, 409);
      const patched = await tenant.client.patch(url, [{ op: 'replace', path: 'userName', value: userName }]);
      t.equal(patched.status, 409);
    }
    await stays('a userName that somebody has is refused');
    const mail = work('boss@acme.example');
    t.equal((await tenant.client.put(url, userOf('mallory', mail))).status, 200);
    await tenant.client.patch(url, [{ op: 'replace', path: 'externalId', value: 'B-1' }]);
    await stays('an address or externalId that somebody has is only that');
    await tenant.client.put(url, userOf('gone', { externalId: 'G-1', ...work('gone@acme.example') }));
    await tenant.client.patch(url, [{ op: 'replace', path: 'active', value: false }]);
    await tenant.client.patch(url, [{ op: 'replace', path: 'active', value: true }]);
    await stays('that of a leaver, too');
    t.same(
      (await tenant.accounts()).filter((line) => line.endsWith('deprovisioned')),
      ['gone: deprovisioned'],
      'the leaver stays away',
    );

    await tenant.client.remove(url);
    const next = await tenant.client.user('gone', { externalId: 'G-1' });
    const nextAccount = await tenant.account(next['id'] as string);
    t.equal(nextAccount?.account_id, account?.account_id, 'who had the userName last');
    t.not(nextAccount?.account_id, goneAccount?.account_id);
    t.equal((await tenant.client.get(`/Users/${away['id']}`)).body['active'], false);
    await tenant.news();
  },
);

t.test('an id of somebody else as externalId, userName or id selects nobody', async (t) => {
  const all = matching({ userName: 'adopt', email: 'adopt', deactivated: 'reactivate' });
  const tenant = await withPeople('ids', all, [{ userName: 'boss', externalId: 'B-1' }]);
  const boss = await scimIdOf(tenant, 'boss');
  const bossAccount = (await tenant.account(boss))?.account_id as string;
  const gone = await tenant.client.user('gone');
  const goneAccount = (await tenant.account(gone['id'] as string))?.account_id as string;
  await tenant.client.remove(`/Users/${gone['id']}`);
  const others = [bossAccount, goneAccount];
  const values = ['1', 'admin', boss, bossAccount, goneAccount, String(gone['id']), 'null', '*', '%'];
  for (const [n, value] of values.entries()) {
    const made = await isSomebodyNew(t, tenant, userOf(`as-external-${n}`, { externalId: value }), others);
    t.not(made['id'], boss);
    await isSomebodyNew(t, tenant, userOf(`as-id-${n}`, { id: value }), others);
    await isSomebodyNew(t, tenant, userOf(value), others);
  }
  await tenant.news();
});
