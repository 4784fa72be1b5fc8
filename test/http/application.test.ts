import t from 'tap';
import { v7 } from 'uuid';
import { openApp } from '../support/app.ts';
import { settledFeed } from '../support/settledFeed.ts';

const app = await openApp(t);
const { admin, connection, tenant } = app;
const { pool } = connection;
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

type Body = Record<string, unknown>;

async function scim(method: 'POST' | 'PATCH' | 'DELETE' | 'PUT', url: string, payload?: object) {
  const answer = await app.scim({ method, url, ...(payload === undefined ? {} : { payload }) });
  if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`);
  return JSON.parse(answer.body || '{}') as Body & { id: string };
}

/** @returns the id of the account */
async function provision(userName: string, more: Body = {}): Promise<{ scimId: string; id: string }> {
  const emails = [{ type: 'work', value: userName, primary: true }];
  const { id: scimId } = await scim('POST', '/Users', { schemas: [USER], userName, emails, ...more });
  const { rows } = await pool.query<{ account_id: string }>(
    'select account_id from rollcall.accounts where tenant_id = $1 and scim_id = $2',
    [tenant.id, scimId],
  );
  return { scimId: scimId, id: rows[0]?.account_id as string };
}

async function read<T = Body>(url: string): Promise<T> {
  if (url.startsWith('/changes')) await settledFeed(app.connection.pool);
  const answer = await admin('GET', `/tenants/acme${url}`);
  t.equal(answer.statusCode, 200, `${url}: ${answer.body}`);
  return answer.json<T>();
}

const configure = async (settings: object): Promise<void> => {
  const { statusCode, body } = await admin('PATCH', '/tenants/acme/provisioning', settings);
  if (statusCode !== 200) throw new Error(body);
};

await configure({
  roles: [{ name: 'editor' }],
  organizations: { rules: [{ name: 'Writers', organization: 'Press', role: 'editor' }] },
});
const ada = await provision('Ada@example.com', {
  externalId: 'hr-1',
  displayName: 'Ada L.',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
});
const bob = await provision('bob@example.com', { active: false });
const cyd = await provision('cyd@example.com');
await scim('DELETE', `/Users/${cyd.scimId}`);
const { id: writers } = await scim('POST', '/Groups', {
  schemas: [GROUP],
  displayName: 'Writers',
  members: [{ value: ada.scimId }],
});
const press: string = (await admin('GET', '/tenants/acme/organizations?name=Press')).json().organizations[0]
  .id;

t.test('an account is shown as the view shows it, with its organizations and roles', async (t) => {
  const { organizations, ...shown } = await read<Body & { organizations: Body[] }>(`/accounts/${ada.id}`);
  const { rows } = await pool.query('select * from rollcall.accounts where account_id = $1', [ada.id]);
  const { tenant_id: _tenantId, tenant: _slug, account_id: id, ...columns } = rows[0] as Body;
  const named = Object.fromEntries(
    Object.entries({ id, ...columns }).map(([name, value]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
  t.same(shown, JSON.parse(JSON.stringify(named)));
  t.match(shown, {
    id: ada.id,
    active: true,
    reason: null,
    userName: 'Ada@example.com',
    email: 'Ada@example.com',
    emailVerified: false,
    givenName: 'Ada',
    familyName: 'Lovelace',
    displayName: 'Ada L.',
    externalId: 'hr-1',
    attributes: { userName: 'Ada@example.com', name: { givenName: 'Ada' } },
    scimId: ada.scimId,
  });
  t.match(organizations, [
    { name: 'acme', isDefault: true, role: null, groups: [] },
    {
      id: press,
      name: 'Press',
      isDefault: false,
      role: 'editor',
      groups: [{ id: writers, name: 'Writers' }],
    },
  ]);
});

t.test(
  'an address counts as verified in the domains of the tenant, and a leaver has a day to go',
  async (t) => {
    await configure({ verifiedDomains: ['example.com'], retentionDays: 30 });
    t.match(await read(`/accounts/${ada.id}`), { emailVerified: true, purgeAt: null });
    const { deprovisionedAt, purgeAt } = await read<Record<string, string>>(`/accounts/${cyd.id}`);
    t.equal(Date.parse(purgeAt as string) - Date.parse(deprovisionedAt as string), 30 * 86_400_000);
    await configure({ verifiedDomains: [], retentionDays: null });
  },
);

t.test('accounts are found by what they are called, by their state and by where they belong', async (t) => {
  const found = async (query: string) =>
    (await read<{ accounts: { id: string }[] }>(`/accounts?${query}`)).accounts.map(({ id }) => id);
  for (const [query, ids] of [
    ['', [ada.id, bob.id, cyd.id]],
    ['userName=ADA@EXAMPLE.COM', [ada.id]],
    ['email=ada@example.com', [ada.id]],
    ['externalId=hr-1', [ada.id]],
    ['externalId=HR-1', []],
    ['active=true', [ada.id]],
    ['active=false', [bob.id, cyd.id]],
    ['reason=deprovisioned', [cyd.id]],
    ['reason=suspended&userName=bob@example.com', [bob.id]],
    [`organization=${press}`, [ada.id]],
    [`organization=${press}&active=false`, []],
    [`organization=${v7()}`, []],
  ] as const) {
    t.same(await found(query), ids, query);
  }
});

t.test('pages go on behind an id, to the end, whatever comes and goes', async (t) => {
  type Page = { accounts: { id: string }[]; next?: string };
  const first = await read<Page>('/accounts?limit=2');
  t.same([first.accounts.map(({ id }) => id), first.next], [[ada.id, bob.id], bob.id]);
  const second = await read<Page>(`/accounts?limit=2&after=${first.next}`);
  t.same([second.accounts.map(({ id }) => id), second.next], [[cyd.id], undefined]);
  const members = await read(`/organizations/${press}/members?limit=1`);
  t.same(members, {
    members: [
      {
        accountId: ada.id,
        applicationId: null,
        userName: 'Ada@example.com',
        email: 'Ada@example.com',
        role: 'editor',
        groups: [{ id: writers, name: 'Writers' }],
      },
    ],
  });
  t.same(await read(`/organizations/${press}/members?after=${ada.id}`), { members: [] });
  t.same(await read(`/organizations/${press}/members?role=owner`), { members: [] });
});

t.test('organizations are found by their name and whether they are archived', async (t) => {
  const found = async (query: string) =>
    (await read<{ organizations: { name: string }[] }>(`/organizations?${query}`)).organizations.map(
      ({ name }) => name,
    );
  t.same((await found('')).toSorted(), ['Press', 'acme']);
  t.same(await found('name=PRESS'), ['Press']);
  t.same(await found('archived=true'), []);
  t.match(await read(`/organizations/${press}`), {
    id: press,
    name: 'Press',
    isDefault: false,
    archived: false,
  });
});

t.test("the application's own ids are noted, and are unique within the tenant", async (t) => {
  const patch = (url: string, applicationId: unknown) =>
    admin('PATCH', `/tenants/acme${url}`, { applicationId });
  t.match((await patch(`/accounts/${ada.id}`, 'u-1')).json(), { id: ada.id, applicationId: 'u-1' });
  t.match((await patch(`/accounts/${bob.id}`, 'u-1')).json(), {
    status: '409',
    detail: new RegExp(`^The applicationId "u-1" belongs to account ${ada.id}: `),
  });
  t.match(await read('/accounts?applicationId=u-1'), { accounts: [{ id: ada.id }] });
  t.match((await patch(`/organizations/${press}`, 'o-1')).json(), { id: press, applicationId: 'o-1' });
  t.match((await patch(`/organizations/${press}`, null)).json(), { id: press, applicationId: null });
  const other = await app.addTenant('other');
  t.equal(
    (await admin('PATCH', `/tenants/other/accounts/${ada.id}`, { applicationId: 'x' })).statusCode,
    404,
  );
  t.ok(other);
  for (const applicationId of ['', 7, 'x'.repeat(201), 'a\0'])
    t.match((await patch(`/accounts/${ada.id}`, applicationId)).json(), {
      status: '400',
      detail: /^"applicationId" must be/,
    });
});

t.test(
  'groups are led to an organization that the application had before, by its name or by hand',
  async (t) => {
    const make = (body: object) => admin('POST', '/tenants/acme/organizations', body);
    const made = await make({ name: 'Old Guard', applicationId: 'o-7' });
    const { id } = made.json<{ id: string }>();
    t.match(made, { statusCode: 201, headers: { location: `/admin/v1/tenants/acme/organizations/${id}` } });
    t.match(made.json(), { name: 'Old Guard', applicationId: 'o-7', isDefault: false, archived: false });
    t.same(await read(`/organizations/${id}`), made.json());
    t.match((await read<Feed>(`/changes?organization=${id}`)).changes, [
      { kind: 'organization.created', actor: 'admin', after: { name: 'Old Guard' } },
    ]);
    for (const [body, status, detail] of [
      [{ name: 'OLD GUARD' }, '409', new RegExp(`^The name "OLD GUARD" belongs to organization ${id}: `)],
      [
        { name: 'New', applicationId: 'o-7' },
        '409',
        new RegExp(`^The applicationId "o-7" belongs to organization ${id}: `),
      ],
      [{ name: ' x' }, '400', /^"name" must be a text of 1 to 200 characters, with no space/],
      [{ name: 'x', role: 'y' }, '400', /^"role" is not known here/],
    ] as const)
      t.match((await make(body)).json(), { status, detail });

    const dot = await provision('dot@example.com');
    const push = (displayName: string) =>
      scim('POST', '/Groups', { schemas: [GROUP], displayName, members: [{ value: dot.scimId }] });
    const members = async () => (await read<{ members: Body[] }>(`/organizations/${id}/members`)).members;
    const [adopting, linked] = [await push('old guard'), await push('Veterans')];
    t.match(await members(), [{ accountId: dot.id, role: null, groups: [{ id: adopting.id }] }]);
    t.equal((await read(`/organizations/${id}`))['name'], 'Old Guard', 'adopted as it is called');
    const link = `/tenants/acme/links/${linked.id}/${id}`;
    t.equal((await admin('PUT', link, { role: 'editor' })).statusCode, 200);
    t.equal((await admin('PUT', `/tenants/acme/links/${linked.id}/x`)).statusCode, 404);
    t.match(await members(), [{ role: 'editor', groups: [{ id: adopting.id }, { id: linked.id }] }]);
    t.match(await read('/organizations?name=Veterans'), { organizations: [{ archived: true }] });
    for (const group of [adopting, linked]) await scim('DELETE', `/Groups/${group.id}`);
    t.match(await read(`/organizations/${id}`), { archived: true, applicationId: 'o-7' });
  },
);

t.test('what is wrong with a question is named, and what is not there is 404', async (t) => {
  for (const [url, detail] of [
    ['/accounts?colour=red', /^"colour" is not known here; the parameters are userName, email, /],
    ['/accounts?active=yes', /^"active" must be true or false\./],
    ['/accounts?reason=gone', /^"reason" must be "waiting", "suspended", "excluded" or "deprovisioned"\./],
    ['/accounts?limit=0', /^"limit" must be a whole number from 1 to 1000\./],
    ['/accounts?limit=1001', /^"limit"/],
    ['/accounts?limit=1&limit=2', /^"limit"/],
    ['/accounts?after=x', /^"after" must be an id, as answers give it\./],
    ['/accounts?userName=', /^"userName" must be a text/],
    ['/accounts?userName=%00', /^"userName" must be a text/],
    [
      `/organizations/${press}/members?active=true`,
      /^"active" is not known here; the parameters are role, limit, after\./,
    ],
    ['/changes?after=-1', /^"after" must be a position/],
    ['/changes?limit=2000', /^"limit"/],
    ['/changes?account=ada', /^"account" must be an id/],
  ] as const) {
    t.match((await admin('GET', `/tenants/acme${url}`)).json(), { status: '400', detail }, url);
  }
  for (const url of [
    `/accounts/${v7()}`,
    '/accounts/x',
    `/organizations/${v7()}`,
    `/organizations/x/members`,
  ])
    t.equal((await admin('GET', `/tenants/acme${url}`)).statusCode, 404, url);
  t.equal((await admin('GET', `/tenants/other/accounts/${ada.id}`)).statusCode, 404, 'of another tenant');
  t.equal((await admin('DELETE', `/tenants/other/accounts/${ada.id}`)).statusCode, 404);
});

type Feed = {
  changes: { kind: string; position: string; requestId: string; accountId: string | null }[];
  next: string;
};

t.test(
  'who keeps the last position misses no change, though an older transaction commits late',
  async (t) => {
    const { tenant: own } = await app.addTenant('feed');
    const note = `insert into rollcall_data.changes (tenant_id, at, kind, request_id) values ($1, now(), 'hold.opened', $2)`;
    const feed = async (after: string) =>
      (await admin('GET', `/tenants/feed/changes?after=${after}`)).json<Feed>();
    const seen: string[] = [];
    let last = '0';
    const readOn = async () => {
      const { changes, next } = await feed(last);
      seen.push(...changes.map(({ requestId }) => requestId));
      last = next;
      const { rows } = await pool.query<{ request_id: string }>(
        'select request_id from rollcall.changes where tenant_id = $1 order by position',
        [own.id],
      );
      t.same(
        seen,
        rows.map(({ request_id }) => request_id),
        'the view shows the same',
      );
    };
    await pool.query(note, [own.id, 'before']);
    await settledFeed(pool);
    await readOn();
    t.same(seen, [own.id, 'before'], 'the feed begins with the default organization');
    const [early, late] = [await pool.connect(), await pool.connect()];
    try {
      await early.query('begin');
      await early.query(note, [own.id, 'began first']);
      await late.query('begin');
      await late.query(note, [own.id, 'committed first']);
      await late.query('commit');
      await pool.query(note, [own.id, 'in between']);
      await readOn();
      t.same(seen, [own.id, 'before'], 'nothing is shown that an older one could still come before');
      await early.query('commit');
      await settledFeed(pool);
      await readOn();
      t.same(seen, [own.id, 'before', 'began first', 'committed first', 'in between']);
      const again = last;
      await readOn();
      t.equal(last, again, 'at the end, the position stays');
    } finally {
      early.release();
      late.release();
    }
  },
);

t.test('the feed is read by kind, account and organization, a page at a time', async (t) => {
  const members = (op: 'add' | 'remove') =>
    scim('PATCH', `/Groups/${writers}`, {
      schemas: [PATCH_OP],
      Operations: [
        op === 'add'
          ? { op, path: 'members', value: [{ value: ada.scimId }] }
          : { op, path: `members[value eq "${ada.scimId}"]` },
      ],
    });
  for (const op of ['remove', 'add', 'remove', 'add'] as const) await members(op);
  const kinds = async (query: string) =>
    (await read<Feed>(`/changes?${query}`)).changes.map(({ kind }) => kind);
  const added = `kind=members.added&organization=${press}`;
  t.same(await kinds(added), Array(3).fill('members.added'));
  t.same(await kinds(`organization=${press}&kind=members.removed&limit=1`), ['members.removed']);
  t.same(await kinds(`organization=${press}&limit=2`), ['organization.created', 'members.added']);
  t.same(await kinds(`account=${ada.id}`), [
    'account.created',
    'members.added',
    ...['added', 'removed', 'added', 'removed', 'added'].map((what) => `members.${what}`),
  ]);
  t.same(await kinds(`account=${bob.id}`), ['account.created']);
  t.same(await kinds(`account=${cyd.id}`), [
    'account.created',
    'members.added',
    'account.deprovisioned',
    'members.removed',
  ]);
  const page = await read<Feed>(`/changes?${added}&limit=2`);
  t.equal(page.next, page.changes.at(-1)?.position, 'a full page ends at its last change');
  const rest = await read<Feed>(`/changes?${added}&limit=2&after=${page.next}`);
  t.equal(rest.changes.length, 1);
  const end = await read<Feed>(`/changes?kind=nothing.such&after=0`);
  const all = await read<Feed>('/changes?limit=1000');
  t.same(
    [end.changes, end.next],
    [[], all.next],
    'where none fits, what was looked through is not looked through again',
  );
});

/** Whether anything in the database still says one of the words. */
async function traces(words: readonly string[]): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relnamespace = 'rollcall_data'::regnamespace and c.relkind = 'r'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(
      `select to_jsonb(x)::text as row from rollcall_data.${name} x`,
    );
    for (const { row } of rows)
      for (const word of words)
        if (row.toLowerCase().includes(word)) found.push(`${name}: ${word} in ${row}`);
  }
  return found;
}

t.test('a person who is erased leaves no trace but the id of the account', async (t) => {
  const zoe = await provision('Zoe.Quux@example.com', {
    externalId: 'hr-4711',
    name: { givenName: 'Zoe', familyName: 'Quux' },
  });
  await scim('PATCH', `/Users/${zoe.scimId}`, {
    schemas: [PATCH_OP],
    Operations: [
      { op: 'replace', path: 'emails[value eq "zoe.quux@example.com"].display', value: 'Zoe Quux' },
    ],
  });
  await scim('DELETE', `/Users/${zoe.scimId}`);
  const again = await scim('POST', '/Users', {
    schemas: [USER],
    userName: 'Zoe.Quux@example.com',
    externalId: 'hr-4711',
  });
  t.match(
    await read(`/accounts/${zoe.id}`),
    { scimId: again.id, active: true },
    'who returns is who they were',
  );
  const members = [{ value: again.id, display: 'Zoe Quux' }];
  const group = await scim('POST', '/Groups', { schemas: [GROUP], displayName: 'Quartet', members });
  const manager = await provision('min@example.com', {
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: again.id } },
  });
  const refused = await app.scim({
    method: 'POST',
    url: '/Users',
    payload: { schemas: [USER], userName: 'ZOE.quux@example.com' },
  });
  t.equal(refused.statusCode, 409);
  await app.scim({ url: '/Users/zoe.quux@example.com' });
  await admin('POST', '/tenants/acme/pause');
  await scim('PATCH', `/Users/${again.id}`, {
    schemas: [PATCH_OP],
    Operations: [{ op: 'add', path: 'nickName', value: 'Quuxie' }],
  });
  const { version } = await readGroup(group.id);
  const before = (await traces(['quux'])).map((line) => line.split(':', 1)[0]?.replace(/_\d+$/, ''));
  for (const table of ['accounts', 'resources', 'changes']) t.ok(before.includes(table), table);
  const waits = async () => (await traces([zoe.id])).filter((line) => line.startsWith('held_effects')).length;
  t.equal(await waits(), 1);

  t.match(await admin('DELETE', `/tenants/acme/accounts/${zoe.id}`), { statusCode: 204, body: '' });

  t.same(
    await traces(['quux', 'hr-4711', zoe.scimId, again.id].map((word) => word.toLowerCase())).then((all) =>
      all.filter((line) => !/^changes: [0-9a-f-]{36} in /.test(line)),
    ),
    [],
  );
  t.equal(await waits(), 0);
  await admin('POST', '/tenants/acme/resume');
  t.equal((await admin('GET', `/tenants/acme/accounts/${zoe.id}`)).statusCode, 404);
  t.equal((await app.scim({ url: `/Users/${again.id}` })).statusCode, 404);
  t.equal((await admin('DELETE', `/tenants/acme/accounts/${zoe.id}`)).statusCode, 404, 'a second time');
  const after = await readGroup(group.id);
  t.same([after.members, after.version], [undefined, version + 1], 'A8.03 the group has lost a member');
  t.notMatch((await app.scim({ url: `/Users/${manager.scimId}` })).body, /"manager"/);
  const { changes } = await read<Feed>(`/changes?account=${zoe.id}&limit=1000`);
  t.match(changes.slice(-2), [
    {
      kind: 'members.removed',
      actor: 'admin',
      accountIds: [zoe.id],
      before: { role: null, groups: [] },
      after: null,
    },
    { kind: 'account.erased', actor: 'admin', accountId: zoe.id, before: null, after: null, paths: [] },
  ]);
  const log = await read<{ exchanges: Body[] }>('/exchanges');
  t.ok(log.exchanges.some((one) => one['path'] === '/scim/v2/[erased]' && one['request'] === undefined));
  t.ok(
    log.exchanges.some((one) => JSON.stringify(one['request'] ?? null).includes('bob@example.com')),
    'others stay',
  );
});

t.test(
  'who is erased while the identity provider writes about them is erased, and nothing fails',
  async (t) => {
    const group = await scim('POST', '/Groups', { schemas: [GROUP], displayName: 'Busy' });
    for (const n of [1, 2, 3, 4, 5]) {
      const name = `racer${n}.zwicky@example.com`;
      const racer = await provision(name);
      const patch = (url: string, operation: object) =>
        app.scim({ method: 'PATCH', url, payload: { schemas: [PATCH_OP], Operations: [operation] } });
      const answers = await Promise.all([
        ...['A', 'B', 'C'].map((letter) =>
          patch(`/Users/${racer.scimId}`, { op: 'replace', path: 'displayName', value: `${letter} Zwicky` }),
        ),
        admin('DELETE', `/tenants/acme/accounts/${racer.id}`),
        patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: [{ value: racer.scimId }] }),
        app.scim({ method: 'DELETE', url: `/Users/${racer.scimId}` }),
      ]);
      for (const { statusCode, body } of answers) t.ok([200, 204, 400, 404].includes(statusCode), body);
      t.equal(answers[3]?.statusCode, 204);
    }
    // What was asked for after the erasure is in the log, which is written later; everything else is gone.
    const found = await traces(['zwicky']);
    t.same(
      found.filter((line) => !line.startsWith('exchanges')),
      [],
    );
    t.equal((await readGroup(group.id)).members, undefined);
  },
);

async function readGroup(id: string): Promise<{ version: number; members: unknown }> {
  const { meta, members } = (await app.scim({ url: `/Groups/${id}` })).json<{
    meta: { version: string };
    members?: unknown;
  }>();
  return { version: Number(/\d+/.exec(meta.version)?.[0]), members };
}

t.test('leavers are purged when the retention of their tenant is over, and nobody else is', async (t) => {
  let time = Date.now();
  const own = await openApp(t, {}, { now: () => new Date(time), slug: 'kept', connection: app.connection });
  // Two servers over one database keep house at once.
  const another = await openApp(
    t,
    {},
    { now: () => new Date(time), slug: 'second', connection: app.connection },
  );
  const post = async (userName: string) =>
    (await own.scim({ method: 'POST', url: '/Users', payload: { schemas: [USER], userName } })).json<{
      id: string;
    }>().id;
  const [leaver, , suspended] = [
    await post('leaver@x.test'),
    await post('stays@x.test'),
    await post('off@x.test'),
  ];
  await own.scim({
    method: 'PATCH',
    url: `/Users/${suspended}`,
    payload: { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'active', value: false }] },
  });
  await own.scim({ method: 'DELETE', url: `/Users/${leaver}` });
  const left = async () =>
    (await own.admin('GET', '/tenants/kept/accounts'))
      .json<{ accounts: Body[] }>()
      .accounts.map((one) => one['userName']);
  const run = async (days: number) => {
    time += days * 86_400_000;
    await Promise.all([own.housekeeping.run('purge'), another.housekeeping.run('purge')]);
    return left();
  };
  t.same(await run(1000), ['leaver@x.test', 'stays@x.test', 'off@x.test'], 'no retention is set');
  time -= 1000 * 86_400_000;
  await own.admin('PATCH', '/tenants/kept/provisioning', { retentionDays: 30 });
  t.same(await run(29.9), ['leaver@x.test', 'stays@x.test', 'off@x.test']);
  t.same(await run(1), ['stays@x.test', 'off@x.test']);
  await settledFeed(own.connection.pool);
  const { changes } = (await own.admin('GET', '/tenants/kept/changes?limit=1000')).json<Feed>();
  t.equal(changes.filter(({ kind }) => kind === 'account.purged').length, 1);
  t.match(changes.at(-1), { kind: 'account.purged', actor: 'system', before: null, after: null });
  t.match(own.observed.filter(({ kind }) => kind === 'job').at(-1), { name: 'purge', error: undefined });
  t.match((await traces(['leaver@x.test'])).length, 0);
});
