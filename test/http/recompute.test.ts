/** Settings that change for a tenant with people in it: afterwards it is as if they had been so from the beginning. */
import t, { type Test } from 'tap';
import type { ProvisioningSettings } from '../../src/provisioning/settings.ts';
import { type Client, ENTERPRISE, type Json } from '../rfc/client.ts';
import { ADMIN_TOKEN, openApp, type TestApp } from '../support/app.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type ChangeRow, readViews } from '../support/provisioningViews.ts';

/** How much later than it is the server believes it to be, and by how much more whenever it asks. */
let later = 0;
let perLook = 0;
let app: TestApp;

t.setTimeout(120_000);
t.before(async () => {
  const now = (): Date => new Date(Date.now() + (later += perLook));
  app = await openApp(t, {}, { now });
});

const DEPARTMENT = `${ENTERPRISE}:department`;
const PEOPLE = [
  { userName: 'ada', title: 'Countess', [ENTERPRISE]: { department: 'Maths' } },
  { userName: 'bob', title: 'Engineer', roles: [{ value: 'admin' }] },
  { userName: 'cyd', title: 'Engineer', active: false },
  { userName: 'dan', displayName: 'Dan', roles: [{ value: 'x', display: 'Viewer' }] },
  { userName: 'eve' },
];

/** The same people and groups, whatever the settings. */
async function populate(client: Client): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const id = (name: string): string => ids.get(name) ?? '';
  for (const { userName, ...more } of PEOPLE)
    ids.set(userName, (await client.user(userName, more))['id'] as string);
  for (const [name, members] of [
    ['Acme Viewer', ['ada', 'bob', 'cyd']],
    ['Acme Admin', ['bob', 'dan']],
    ['Sales', ['dan', 'eve']],
    ['Everybody', ['Sales', 'Acme Viewer']],
    ['acme', ['ada']],
  ] as const) {
    ids.set(name, (await client.group(name, members.map(id)))['id'] as string);
  }
  return ids;
}

/** The views by names instead of ids (those of organizations without case: one that was adopted keeps its own), without what a tenant that was always like this has never had. */
async function picture({ tenantId, slug }: Provisioned): Promise<string[]> {
  const { accounts, organizations, members } = await readViews(app.connection.pool, tenantId);
  const { rows } = await app.connection.pool.query<{ id: string; name: string }>(
    `select id, attributes ->> 'displayName' as name from rollcall_data.resources where tenant_id = $1 and type = 'Group'`,
    [tenantId],
  );
  const groups = new Map(rows.map(({ id, name }) => [id, name]));
  const organizationOf = new Map(
    organizations.map(({ organization_id, name }) => [
      organization_id,
      name === slug ? 'default' : name.toLowerCase(),
    ]),
  );
  const people = new Map(accounts.map(({ account_id, user_name }) => [account_id, user_name]));
  return [
    ...accounts
      .filter(({ reason }) => reason !== 'excluded')
      .map(({ user_name, reason, attributes }) => {
        const sorted = Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1));
        return `${user_name} ${reason ?? 'active'} ${JSON.stringify(sorted)}`;
      }),
    ...organizations
      .filter(({ archived }) => !archived)
      .map(({ name }) => `[${name === slug ? 'default' : name.toLowerCase()}]`),
    ...members.map(({ organization_id, account_id, role, group_ids }) => {
      const by = group_ids.map((id) => groups.get(id) ?? '').toSorted((one, other) => (one < other ? -1 : 1));
      return `${organizationOf.get(organization_id)}: ${people.get(account_id)} ${role} by ${by.join(', ')}`;
    }),
  ].toSorted();
}

async function configure({ slug }: Provisioned, given: object): Promise<ProvisioningSettings> {
  const { statusCode, body } = await app.admin('PATCH', `/tenants/${slug}/provisioning`, given);
  if (statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as ProvisioningSettings;
}

const counted = async (
  table: 'recomputations' | 'held_effects',
  { tenantId }: Provisioned,
): Promise<number> => {
  const { rows } = await app.connection.pool.query<{ n: number }>(
    `select count(*)::int as n from rollcall_data.${table} where tenant_id = $1`,
    [tenantId],
  );
  return rows[0]?.n ?? 0;
};

/** Works until nothing is left, also of what is done again some seconds later. */
async function finish(tenant: Provisioned): Promise<void> {
  for (let runs = 0; (await counted('recomputations', tenant)) > 0; runs += 1) {
    if (runs > 100) throw new Error('It does not end.');
    later += 11_000;
    await app.housekeeping.run('recompute');
  }
}

/** Whatever the directory asks for is there: computing all of it once more changes nothing. */
async function isSettled(t: Test, tenant: Provisioned): Promise<void> {
  t.equal(await counted('held_effects', tenant), 0, 'nothing waits');
  await app.connection.pool.query(
    `insert into rollcall_data.recomputations (tenant_id, id, requested_at, not_before)
      values ($1, gen_random_uuid(), now(), now())`,
    [tenant.tenantId],
  );
  await finish(tenant);
  t.same(await tenant.news(), [], 'computing it once more changes nothing');
}

let fresh = 0;
/** Changes settings, and compares with a tenant that has had them from the beginning. @returns what the feed told */
async function becomes(t: Test, tenant: Provisioned, given: object): Promise<readonly ChangeRow[]> {
  const settings = await configure(tenant, given);
  const news = await tenant.news();
  t.equal(await counted('recomputations', tenant), 1, 'it is done, and will be once more');
  await finish(tenant);
  t.same(await tenant.news(), [], 'the second time changes nothing');
  t.equal(await counted('held_effects', tenant), 0, 'nothing waits');
  const other = await provisioned(app, `fresh-${(fresh += 1)}`);
  await configure(other, settings);
  await populate(other.client);
  t.same(await picture(tenant), await picture(other), JSON.stringify(given));
  return news;
}

const kindsOf = (news: readonly ChangeRow[]): string[] =>
  [...new Set(news.map(({ kind }) => kind))].toSorted();

const ROLES = [
  { name: 'viewer', aliases: ['reader'] },
  { name: 'editor', aliases: [] },
  { name: 'admin', aliases: [] },
];

t.test(
  'roles that are declared, ordered anew, given to everybody and withdrawn follow for who is there',
  async (t) => {
    const tenant = await provisioned(app, 'roles');
    await populate(tenant.client);
    await tenant.news();
    t.same(kindsOf(await becomes(t, tenant, { roles: ROLES, defaultRole: 'viewer' })), ['members.changed']);
    const rules = [{ pattern: '{organization} {role}' }, { name: 'sales', role: 'editor' }];
    await becomes(t, tenant, { userRoles: 'defaultOrganization', organizations: { rules } });
    const turned = { userRoles: 'everyOrganization', roles: ROLES.toReversed() };
    t.same(kindsOf(await becomes(t, tenant, turned)), ['members.changed']);
    const fewer = ROLES.filter(({ name }) => name !== 'admin');
    await becomes(t, tenant, { roles: fewer, userRoles: 'ignored' });
    await becomes(t, tenant, { roles: [], defaultRole: null, organizations: { rules: [] } });
  },
);

t.test(
  'rules that come and go lead groups elsewhere; organizations that are left are archived, and return',
  async (t) => {
    const tenant = await provisioned(app, 'rules', { roles: ROLES });
    await populate(tenant.client);
    await tenant.news();
    const organizations = async () =>
      (await readViews(app.connection.pool, tenant.tenantId)).organizations
        .filter(({ is_default }) => !is_default)
        .map(({ name, archived }) => (archived ? `${name} (archived)` : name))
        .toSorted();
    await becomes(t, tenant, { organizations: { rules: [{ name: 'Everybody' }] } });
    t.same(await organizations(), ['Acme Admin', 'Acme Viewer', 'Everybody (archived)', 'Sales', 'acme']);
    t.match(kindsOf(await becomes(t, tenant, { organizations: { unmatched: 'none' } })), [
      'members.removed',
      'organization.archived',
    ]);
    t.ok((await organizations()).every((name) => name.endsWith('(archived)')));
    await becomes(t, tenant, {
      organizations: {
        rules: [{ pattern: '{organization} {role}' }, { name: 'sales', organization: 'ACME' }],
      },
    });
    t.ok((await organizations()).includes('acme'), 'it returns under the name that it had');
    await becomes(t, tenant, { organizations: { unmatched: 'organization' } });
    await becomes(t, tenant, {
      organizations: { rules: [{ pattern: '{organization} {role}', role: 'editor' }] },
    });
    await becomes(t, tenant, { organizations: { rules: [] } });
    t.same(
      (await organizations()).filter((name) => !name.endsWith('(archived)')),
      ['Acme Admin', 'Acme Viewer', 'Everybody', 'Sales', 'acme'],
    );
  },
);

t.test(
  'an admission filter that is set, changed and removed ends accounts, makes them, and brings them back',
  async (t) => {
    const tenant = await provisioned(app, 'admission');
    const ids = await populate(tenant.client);
    await tenant.news();
    const accountOf = async (name: string) => (await tenant.account(ids.get(name) ?? ''))?.account_id;
    const bob = await accountOf('bob');
    const set = await becomes(t, tenant, { admission: 'title eq "Countess"' });
    t.same(kindsOf(set), ['account.excluded', 'members.removed']);
    t.match(await tenant.accounts(), [
      'ada',
      'bob: excluded',
      'cyd: excluded',
      'dan: excluded',
      'eve: excluded',
    ]);
    const wider = await becomes(t, tenant, { admission: `title pr or ${DEPARTMENT} eq "maths"` });
    t.ok(wider.every(({ kind }) => kind !== 'account.created'));
    t.equal(await accountOf('bob'), bob, 'the same account comes back');
    await becomes(t, tenant, { admission: 'not (active eq true)' });
    await becomes(t, tenant, { admission: null });
    t.equal(await accountOf('bob'), bob);

    const late = await provisioned(app, 'admitted-late', { admission: 'userName eq "nobody"' });
    await populate(late.client);
    await late.news();
    t.same(await late.accounts(), []);
    t.same(kindsOf(await becomes(t, late, { admission: 'displayName pr' })), [
      'account.created',
      'members.added',
    ]);
    await becomes(t, late, { admission: null });
    await becomes(t, late, { admission: 'groups.display eq "Sales"' });
  },
);

t.test(
  'attributes that are no longer synchronised are gone from everywhere, and told as changes',
  async (t) => {
    const tenant = await provisioned(app, 'narrowed', { roles: ROLES, userRoles: 'defaultOrganization' });
    const ids = await populate(tenant.client);
    await tenant.news();
    const news = await becomes(t, tenant, { attributes: ['displayName', DEPARTMENT], userRoles: 'ignored' });
    t.same(
      news.filter(({ kind }) => kind === 'account.updated').length,
      4,
      'one for each of those who had more than that',
    );
    const ada = ids.get('ada') ?? '';
    const { body } = await tenant.client.get(`/Users/${ada}`);
    t.notOk(body['title']);
    t.match(body, { [ENTERPRISE]: { department: 'Maths' } });
    t.same((await tenant.account(ada))?.attributes, {
      userName: 'ada',
      [ENTERPRISE]: { department: 'Maths' },
    });
    t.match(
      news.find(({ resource_id }) => resource_id === ada),
      { before: { title: 'Countess' }, paths: ['title'] },
    );
    t.ok((await tenant.memberships()).includes('narrowed: bob'), 'roles are not synchronised either');
    const { rows } = await app.connection.pool.query<{ n: number }>(
      `select count(*)::int as n from rollcall_data.resources where tenant_id = $1
      and (attributes::text like '%Countess%' or folded::text like '%countess%')`,
      [tenant.tenantId],
    );
    t.equal(rows[0]?.n, 0, 'it is kept nowhere');
    await becomes(t, tenant, { attributes: [] });
  },
);

/** People with three titles, in three thirds of the groups. */
async function crowd(slug: string, count: number): Promise<{ tenant: Provisioned; ids: string[] }> {
  const tenant = await provisioned(app, slug, { roles: ROLES });
  const lines = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ userName: `user${n}`, title: `t${n % 3}`, displayName: `User ${n}` }),
  );
  const { statusCode } = await app.server.inject({
    method: 'POST',
    url: `/admin/v1/tenants/${slug}/import`,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/x-ndjson' },
    payload: lines.join('\n'),
  });
  if (statusCode !== 200) throw new Error(`not imported: ${statusCode}`);
  const { rows } = await app.connection.pool.query<{ id: string }>(
    `select id from rollcall_data.resources where tenant_id = $1 order by (attributes ->> 'userName')`,
    [tenant.tenantId],
  );
  const ids = rows.map(({ id }) => id);
  for (const n of [0, 1, 2])
    await tenant.client.group(
      `Team${n} viewer`,
      ids.filter((_, at) => at % 3 === n),
    );
  await tenant.news();
  return { tenant, ids };
}

t.test(
  'a recomputation of many people that is broken off goes on where it was, and ends as it should',
  async (t) => {
    const { tenant, ids } = await crowd('many', 2_100);
    const before = await readViews(app.connection.pool, tenant.tenantId);
    // From now on each run has time for one step.
    perLook = 60_000;
    t.teardown(() => (perLook = 0));
    await configure(tenant, {
      defaultRole: 'editor',
      admission: 'not (title eq "t0")',
      organizations: { rules: [{ pattern: '{organization} {role}' }] },
    });
    const blocker = await app.connection.pool.connect();
    t.teardown(() => blocker.release());
    let broken = 0;
    for (let runs = 0; (await counted('recomputations', tenant)) > 0 && runs < 40; runs += 1) {
      if (runs % 2 === 0) {
        await app.housekeeping.run('recompute');
        continue;
      }
      // It is in the middle of a step when it comes to somebody whom another one has.
      await blocker.query('begin');
      await blocker.query(
        'select from rollcall_data.accounts where tenant_id = $1 order by id desc limit 1 offset $2 for update',
        [tenant.tenantId, runs * 37],
      );
      const run = app.housekeeping.run('recompute').then(() => true);
      for (let ended = false; !ended; ) {
        ended = await Promise.race([
          run,
          new Promise<false>((resolve) => setTimeout(() => resolve(false), 20)),
        ]);
        const { rowCount } = await blocker.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and pg_blocking_pids(pid) @> array[pg_backend_pid()]`,
        );
        broken += rowCount ?? 0;
      }
      await blocker.query('rollback');
    }
    perLook = 0;
    await finish(tenant);
    await tenant.news();
    // The tokens of the tenants do not live as long.
    later = 0;
    t.ok(broken > 0, `it was broken off ${broken} times`);
    await isSettled(t, tenant);
    const { accounts, members } = await readViews(app.connection.pool, tenant.tenantId);
    t.same(
      accounts.map(({ account_id }) => account_id),
      before.accounts.map(({ account_id }) => account_id),
      'the same accounts',
    );
    t.equal(accounts.filter(({ reason }) => reason === 'excluded').length, ids.length / 3);
    t.equal(members.length, (2 * ids.length * 2) / 3);
    t.equal(members.filter(({ role }) => role === 'editor').length, (ids.length * 2) / 3);
  },
);

t.test('what is written while settings are carried out counts, too', async (t) => {
  const { tenant, ids } = await crowd('busy', 600);
  const groups = (await tenant.client.get('/Groups?attributes=displayName')).body['Resources'] as Json[];
  const statuses: number[] = [];
  const under = { way: true };
  const settings = async (): Promise<void> => {
    for (const given of [
      { admission: 'title sw "t"', defaultRole: 'viewer' },
      { organizations: { rules: [{ pattern: '{organization} {role}' }] } },
      { admission: null, defaultRole: 'editor', userRoles: 'everyOrganization' },
      { organizations: { rules: [{ pattern: 'Team{organization} {role}' }] }, admission: 'displayName pr' },
    ]) {
      await configure(tenant, given);
      later += 11_000;
      await app.housekeeping.run('recompute');
    }
    under.way = false;
  };
  const write = async (lane: number): Promise<void> => {
    for (let n = 0; under.way && n < 150; n += 1) {
      const id = ids[(n * 7 + lane * 101) % ids.length] ?? '';
      const group = groups[n % groups.length]?.['id'] as string;
      const acts = [
        () => tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: `x${n}` }]),
        () => tenant.client.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: n % 4 === 0 }]),
        () =>
          tenant.client.patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: [{ value: id }] }]),
        () => tenant.client.patch(`/Groups/${group}`, [{ op: 'remove', path: `members[value eq "${id}"]` }]),
        () =>
          tenant.client.send('POST', '/Users', { schemas: [], userName: `new${lane}-${n}`, title: 'new' }),
        () =>
          tenant.client.patch(`/Groups/${group}`, [
            { op: 'replace', path: 'displayName', value: `Team${n} viewer` },
          ]),
      ];
      const answer = await acts[(n + lane) % acts.length]?.();
      statuses.push(answer?.status ?? 0);
    }
  };
  await Promise.all([settings(), ...[0, 1, 2, 3].map(write)]);
  t.same(
    statuses.filter((status) => status >= 500),
    [],
    `of ${statuses.length}`,
  );
  await finish(tenant);
  await tenant.news();
  await isSettled(t, tenant);
});
