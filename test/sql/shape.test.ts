/**
 * Everything that is sent for a request, or by a job, is for one tenant and says so by its constant: that is what lets a
 * database be distributed by tenant (docs/scaling.md, docs/decisions/0010). The guard holds it on the query builder's tree;
 * here PostgreSQL says it of the text that was sent.
 */
import pg from 'pg';
import t from 'tap';
import { ENTERPRISE, type Json } from '../rfc/client.ts';
import { CONTROL_TABLES, TENANT_TABLES } from '../../src/store/guard/guardedTables.ts';
import { openApp, type TestApp } from '../support/app.ts';
import { cloneDatabase } from '../support/database.ts';
import { provisioned, type Provisioned } from '../support/provisioned.ts';
import { conjuncts, type Shape, shapeOf } from '../support/shape.ts';
import { recordingConnection, type Statement } from '../support/statements.ts';

interface Sent {
  /** What was being done. */
  readonly by: string;
  readonly statement: Statement;
  readonly shape: Shape;
}

/**
 * What is said of whole tables, and cannot be explained: the days of the provisioning log, made and dropped; and that the
 * matches of a list are to be counted. Citus passes these on to every node.
 */
const DEFINES = /^(?:create table|alter table|drop table|analyze|select pg_advisory_xact_lock\(\$1\)$)/;
/** What the tests themselves ask. */
const OWN = /^(?:explain|update rollcall_data\.tenants set provisioning|select \* from rollcall\.)/;

const statements: Statement[] = [];
const all = new Map<string, Sent>();
let app: TestApp;
let client: pg.Client;
let tenantIds: ReadonlySet<string>;

t.before(async () => {
  const url = await cloneDatabase(t);
  client = new pg.Client({ connectionString: url });
  await client.connect();
  const connection = recordingConnection(url, statements);
  t.teardown(() => client.end());
  t.teardown(() => connection.close());
  // A day ahead of the clock, so that what falls due does so here.
  app = await openApp(t, {}, { connection, now: () => new Date(Date.now() + ahead) });
  await live();
  const { rows } = await client.query<{ id: string }>('select id from rollcall_data.tenants');
  tenantIds = new Set(rows.map(({ id }) => id));
});

let ahead = 0;

/** Does something and keeps, once for each text, what was sent for it. */
async function doing<T>(by: string, work: () => Promise<T>): Promise<T> {
  statements.length = 0;
  const result = await work();
  for (const statement of statements.splice(0)) {
    if (all.has(statement.text) || DEFINES.test(statement.text) || OWN.test(statement.text)) continue;
    all.set(statement.text, { by, statement, shape: await shapeOf(client, statement) });
  }
  return result;
}

/** The life of a tenant, with everything that clients, admins, the application and jobs do. */
async function live(): Promise<void> {
  const tenant = await doing('a tenant is made', () =>
    provisioned(app, 'shaped', {
      roles: [
        { name: 'viewer', aliases: [] },
        { name: 'admin', aliases: [] },
      ],
      admission: 'not (userType eq "Robot") and not (groups.display eq "Excluded")',
      organizations: { rules: [{ pattern: '{organization} {role}' }], unmatched: 'organization' },
      matching: { userName: 'adopt', email: 'adopt', deactivated: 'reactivate' },
      verifiedDomains: ['example.com'],
      userRoles: 'everyOrganization',
      retentionDays: 1,
    } as never),
  );
  const plain = await doing('a plain tenant is made', () => provisioned(app, 'plain'));
  for (const one of [plain, tenant]) {
    await users(one);
    await groups(one);
  }
  await lists(tenant);
  await bulk(tenant);
  await admins(tenant);
  await imports(tenant);
  await holds(tenant);
  await views(tenant);
  await jobs();
}

/** Asks the admin API, and fails when it does not do it. */
async function ask(
  slug: string,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
) {
  const answer = await doing(`admin: ${method} ${path}`, () =>
    app.admin(method, `/tenants/${slug}${path}`, body),
  );
  if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.body}`);
  return (answer.body === '' ? {} : JSON.parse(answer.body)) as Json;
}

const PERSON = (name: string) => ({
  externalId: `e-${name}`,
  name: { givenName: name, familyName: 'Lovelace' },
  emails: [{ value: `${name}@example.com`, type: 'work', primary: true }],
  roles: [{ value: 'admin' }],
});

async function users({ client: scim, tenantId }: Provisioned): Promise<void> {
  const boss = await doing('a user is created', () => scim.user('grace', PERSON('grace')));
  const ada = await scim.user('ada', { ...PERSON('ada'), [ENTERPRISE]: { manager: { value: boss['id'] } } });
  const url = `/Users/${ada['id']}`;
  await doing('a user is read', () => scim.get(url));
  await doing('a user is replaced', () =>
    scim.put(url, { userName: 'ada', ...PERSON('ada'), title: 'Countess' }),
  );
  await doing('a user is patched', () => scim.patch(url, [{ op: 'replace', path: 'title', value: 'Lady' }]));
  for (const active of [false, true])
    await doing(`a user is made ${active ? '' : 'in'}active`, () =>
      scim.patch(url, [{ op: 'replace', path: 'active', value: active }]),
    );
  await doing('a name is taken', () => scim.post('/Users', { userName: 'ada' }));
  await app.store.tenants.update(tenantId, { storePasswords: true });
  await doing('a password is set', () =>
    scim.patch(url, [{ op: 'replace', path: 'password', value: 'a long enough password' }]),
  );
  await doing('somebody unknown is sent', () => scim.user('robot', { userType: 'Robot', shoeSize: 42 }));
  await doing('a user is deleted that others refer to', () => scim.remove(`/Users/${boss['id']}`));
  await doing('a leaver returns', () => scim.user('grace', PERSON('grace')));
}

async function groups({ client: scim, tenantId }: Provisioned): Promise<void> {
  const ids: string[] = [];
  for (const name of ['b', 'c', 'd']) ids.push(String((await scim.user(name))['id']));
  const top = await doing('a group is created', () => scim.group('Engineering admin', ids));
  const low = await scim.group('Sales viewer');
  const url = `/Groups/${top['id']}`;
  const value = [{ value: ids[0] }];
  await doing('a group is read', () => scim.get(url));
  await doing('a member is removed', () =>
    scim.patch(url, [{ op: 'remove', path: `members[value eq "${ids[0]}"]` }]),
  );
  await doing('a member is removed by name', () =>
    scim.patch(url, [{ op: 'remove', path: 'members[display eq "c"]' }]),
  );
  await doing('members are added', () => scim.patch(url, [{ op: 'add', path: 'members', value }]));
  await doing('a group is nested', () =>
    scim.patch(`/Groups/${low['id']}`, [{ op: 'add', path: 'members', value: [{ value: top['id'] }] }]),
  );
  await doing('members are replaced', () => scim.patch(url, [{ op: 'replace', path: 'members', value }]));
  await doing('a group is renamed', () =>
    scim.patch(url, [{ op: 'replace', path: 'displayName', value: 'Engineers admin' }]),
  );
  await doing('an unknown member is added', () =>
    scim.patch(url, [
      { op: 'add', path: 'members', value: [{ value: '0192f0c1-0000-7000-8000-000000000000' }] },
    ]),
  );
  await doing('a group is deleted', () => scim.remove(url));
  const large = await scim.group('Everybody');
  await client.query(
    `with made as (
       insert into rollcall_data.resources (tenant_id, id, type, attributes, folded, created_at, modified_at)
       select $1, gen_random_uuid(), 'Group', '{}', '{}', now(), now() from generate_series(1, 501) returning id
     )
     insert into rollcall_data.members (tenant_id, group_id, member_id, created_at)
     select $1, $2, id, now() from made`,
    [tenantId, large['id']],
  );
  const ofLarge = `/Groups/${large['id']}`;
  await doing('a large group is read', () => scim.get(ofLarge));
  await doing('what is called of a large group’s members is read', () =>
    scim.get(`${ofLarge}?attributes=members.display`),
  );
  await client.query(
    `with left_over as (delete from rollcall_data.members where tenant_id = $1 and group_id = $2 returning member_id)
     delete from rollcall_data.resources where tenant_id = $1 and id in (select member_id from left_over)`,
    [tenantId, large['id']],
  );
}

async function lists({ client: scim }: Provisioned): Promise<void> {
  const filters = [
    'userName eq "ada"',
    'externalId eq "e-ada"',
    'emails[type eq "work"].value eq "ada@example.com"',
    'userName co "da" or title pr',
    'groups.display eq "Sales viewer"',
    'meta.lastModified gt "2020-01-01T00:00:00Z" and not (active eq false)',
    `${ENTERPRISE}:manager.value eq "0192f0c1-0000-7000-8000-000000000000"`,
  ];
  for (const filter of filters) await doing(`users with ${filter}`, () => scim.find('/Users', filter));
  await doing('groups by a member', () =>
    scim.find('/Groups', 'members.value eq "0192f0c1-0000-7000-8000-000000000000"'),
  );
  for (const query of [
    '?startIndex=2&count=2',
    '?cursor&count=2',
    '?sortBy=name.familyName&count=2',
    '?count=0',
  ]) {
    const page = await doing(`users, ${query}`, () => scim.get(`/Users${query}`));
    const next = page.body['nextCursor'] as string | undefined;
    if (next)
      await doing('the next page', () => scim.get(`/Users?cursor=${encodeURIComponent(next)}&count=2`));
  }
  await doing('groups with their members', () => scim.get('/Groups'));
  await doing('groups without', () => scim.get('/Groups?excludedAttributes=members'));
  await doing('all types at the root', () => scim.get('/?filter=meta.lastModified%20pr'));
}

async function bulk({ client: scim }: Provisioned): Promise<void> {
  await doing('bulk', () =>
    scim.post('/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [
        {
          method: 'POST',
          path: '/Groups',
          bulkId: 'g',
          data: { displayName: 'Bulk', members: [{ value: 'bulkId:u' }] },
        },
        { method: 'POST', path: '/Users', bulkId: 'u', data: { userName: 'bulky' } },
      ],
    }),
  );
}

async function admins({ slug, client: scim }: Provisioned): Promise<void> {
  const get = (path: string) => ask(slug, 'GET', path);
  // What was seen is written by itself every now and then; here, before it is listed.
  await doing('what nobody has declared is sent and listed', async () => {
    await scim.user('somebody', { shoeSize: 43 });
    return app.admin('GET', `/tenants/${slug}/undeclared`);
  });
  for (const path of [
    '',
    '/tokens',
    '/schemas',
    '/resource-types',
    '/provisioning',
    '/undeclared',
    '/exchanges',
    '/preflight',
  ])
    await get(path);
  for (const query of ['', '?userName=ada', '?email=ada@example.com', '?active=true', '?externalId=e-ada'])
    await get(`/accounts${query}`);
  await get('/organizations?name=Bulk');
  await get('/changes?kind=account.created');
  const [organization] = (await get('/organizations'))['organizations'] as { id: string }[];
  await get(`/organizations/${organization?.id}`);
  await get(`/organizations/${organization?.id}/members`);
  await get(`/accounts?organization=${organization?.id}`);
  await ask(slug, 'POST', '/organizations', { name: 'By hand' });
  await ask(slug, 'PATCH', `/organizations/${organization?.id}`, { applicationId: 'o-1' });
  const [group] = (await get('/links'))['groups'] as { groupId: string }[];
  await ask(slug, 'PUT', `/links/${group?.groupId}/${organization?.id}`, { role: null });
  await ask(slug, 'DELETE', `/links/${group?.groupId}/${organization?.id}`);
  await ask(slug, 'DELETE', `/links/${group?.groupId}`);
  await ask(slug, 'PUT', '/schemas/urn:example:shoe', {
    id: 'urn:example:shoe',
    name: 'Shoe',
    extends: ['User'],
    attributes: [{ name: 'shoeSize', type: 'integer' }],
  });
  await ask(slug, 'DELETE', '/schemas/urn:example:shoe');
  await ask(slug, 'PUT', '/resource-types/Device', {});
  await ask(slug, 'DELETE', '/resource-types/Device');
  const { id: token } = await ask(slug, 'POST', '/tokens', { name: 'second', expiresIn: '1d' });
  await ask(slug, 'DELETE', `/tokens/${token}`);
  const [account] = (await get('/accounts?userName=b'))['accounts'] as { id: string }[];
  await get(`/accounts/${account?.id}`);
  await get(`/changes?account=${account?.id}&organization=${organization?.id}`);
  await ask(slug, 'PATCH', `/accounts/${account?.id}`, { applicationId: 'p-1' });
  await ask(slug, 'DELETE', `/accounts/${account?.id}`);
  await ask(slug, 'PATCH', '', { storePasswords: false });
}

async function imports({ slug, client: scim }: Provisioned): Promise<void> {
  const upload = (what: string, payload: string) =>
    app.server.inject({
      method: 'POST',
      url: `/admin/v1/tenants/${slug}/${what}`,
      headers: { authorization: 'Bearer an-admin-token-of-the-tests', 'content-type': 'text/csv' },
      payload,
    });
  const people =
    'userName,email,applicationId,active,userType\nida,ida@example.com,a-1,yes,\neve,eve@example.com,a-2,yes,Robot\n';
  await doing('people are imported', () => upload('import', people));
  await doing('and again, changed', () => upload('import', people.replace('a-1,yes', 'a-1,no')));
  await doing('an imported person is adopted', () =>
    scim.post('/Users', { userName: 'ida', ...PERSON('ida') }),
  );
  await doing('a list is compared', () => upload('preflight', people));
}

async function holds({ slug, client: scim }: Provisioned): Promise<void> {
  const brake = { removals: 1, share: null, expiresAfterHours: 1, onExpiry: 'drop' };
  await ask(slug, 'PATCH', '/provisioning', { brake });
  const ids: string[] = [];
  for (const name of ['x', 'y', 'z', 'w', 'v']) ids.push(String((await scim.user(name))['id']));
  const set = (id: string | undefined, path: string, value: unknown) =>
    scim.patch(`/Users/${id}`, [{ op: 'replace', path, value }]);
  for (const id of ids) await doing('a removal is held', () => set(id, 'active', false));
  await doing('one that waits is not asked for any more', () => set(ids[3], 'active', true));
  const [hold] = (await ask(slug, 'GET', '/holds'))['holds'] as { id: string }[];
  await ask(slug, 'GET', `/holds/${hold?.id}`);
  const { accounts } = await ask(slug, 'GET', '/accounts?userName=z');
  await ask(slug, 'POST', `/holds/${hold?.id}/reject`, { accounts: [accounts[0].id] });
  await ask(slug, 'POST', `/holds/${hold?.id}/approve`, {});
  await ask(slug, 'POST', '/pause');
  await doing('a change while paused', () => set(ids[3], 'title', 'Sir'));
  await doing('an end while paused', () => scim.remove(`/Users/${ids[3]}`));
  await ask(slug, 'POST', '/resume');
  await ask(slug, 'PATCH', '/provisioning', {
    attributes: ['name', 'emails', 'roles', 'userType', 'groups'],
  });
  for (const id of ids.slice(0, 3)) await scim.remove(`/Users/${id}`);
}

async function views({ tenantId }: Provisioned): Promise<void> {
  for (const view of ['accounts', 'organizations', 'organization_members', 'changes', 'passwords']) {
    const statement = { text: `select * from rollcall.${view} where tenant_id = $1`, values: [tenantId] };
    all.set(statement.text, { by: `view ${view}`, statement, shape: await shapeOf(client, statement) });
  }
}

async function jobs(): Promise<void> {
  ahead = 3 * 86_400_000;
  for (const job of ['recompute', 'holds', 'purge'])
    await doing(`job ${job}`, () => app.housekeeping.run(job));
}

const sent = (): readonly Sent[] => [...all.values()];
const brief = ({ by, statement }: Sent): string => `${by}: ${statement.text.slice(0, 300)}`;

t.test('each look at a tenant’s rows is held to one tenant’s id, the same in all of a statement', (t) => {
  const nobodys: string[] = [];
  for (const one of sent()) {
    const tenants = new Set([...one.shape.looks, ...one.shape.inserts].map(({ tenant }) => tenant));
    const [tenant] = tenants;
    if (tenants.size > 1 || tenant === null || (tenant !== undefined && !tenantIds.has(tenant)))
      nobodys.push(brief(one));
  }
  t.same(nobodys, [
    // The names of the groups, each looked up by the tenant of the row that it belongs to; without them it is held.
    'view organization_members: select * from rollcall.organization_members where tenant_id = $1',
  ]);
  t.end();
});

t.test(
  'all of it was seen: every tenant table is looked at and written, and every control table asked',
  (t) => {
    const looked = new Set(sent().flatMap(({ shape }) => shape.looks.map(({ table }) => table)));
    const inserted = new Set(sent().flatMap(({ shape }) => shape.inserts.map(({ table }) => table)));
    t.same(
      [...TENANT_TABLES].filter((table) => !looked.has(table)),
      [],
    );
    t.same(
      [...TENANT_TABLES].filter((table) => !inserted.has(table)),
      [],
    );
    const text = sent()
      .map(({ statement }) => statement.text)
      .join('\n');
    const asked = [...CONTROL_TABLES].filter((table) => text.includes(`"${table}"`));
    t.same(
      [...CONTROL_TABLES].filter((table) => !asked.includes(table)),
      ['oauth_clients', 'migrations', 'secrets'],
    );
    t.ok(sent().length > 100, `${sent().length} statements`);
    t.end();
  },
);

/**
 * Citus routes a statement as a whole to one node, unless a CTE of it inserts: then it carries the CTEs out one after the
 * other, each seeing what those before it have written. docs/decisions/0010 has what follows for each of these.
 */
const INSERTS_WITHIN: Readonly<Record<string, string>> = {
  'tenants,organizations,changes': 'a tenant is made',
  'resources,accounts,organization_members,changes,changes': 'somebody new with an account',
  members: 'members are added',
  organizations: 'an organization is made by hand',
  changes: 'a resource is updated or deleted, a reference to it cleared, somebody suspended',
  'organization_members,changes': 'settling where nothing waits; somebody comes back',
  'organization_members,held_effects,changes': 'settling otherwise',
};

/** By the statement's own words: what one part writes and a later one looks at. */
const CROSSINGS: Readonly<Record<string, string>> = {
  'held_effects: held, superseded': 'the same: one touches what waits, the other what does not',
  'members: own_members, left_groups': 'the same: rows of the group, and rows of others',
  'resources: resource, groups': 'the same: the resource, and the groups it leaves',
};

t.test(
  'where a CTE inserts, or looks at what an earlier one writes, is known; and nothing recursive does',
  (t) => {
    const inserting = sent().filter(({ shape }) => shape.insertsWithin.length > 0);
    const found = new Set(inserting.map(({ shape }) => shape.insertsWithin.join()));
    t.same([...found].sort(), Object.keys(INSERTS_WITHIN).sort());
    t.same(
      [...new Set(sent().flatMap(({ shape }) => shape.crossings))].sort(),
      Object.keys(CROSSINGS).sort(),
    );
    t.same(
      sent()
        .filter(({ shape }) => shape.recursive)
        .map(brief),
      [],
      'recursion is kept within the CTE or subquery that needs it',
    );
    t.same(
      inserting.filter(({ statement }) => statement.text.includes('"ctid"')).map(brief),
      [],
      'Citus refuses to change rows by ctid beside what an earlier CTE has found',
    );
    t.end();
  },
);

t.test(
  'what a node alone knows is asked where the tenant’s rows are: locks, and how far the feed may be read',
  (t) => {
    const apart = sent().filter(
      ({ statement, shape }) => /pg_advisory|feed_end/.test(statement.text) && shape.looks.length === 0,
    );
    t.same(apart.map(brief), []);
    t.end();
  },
);

t.test('what is forgotten is found', async (t) => {
  const [tenantId = ''] = tenantIds;
  const other = '0192f0c1-0000-7000-8000-000000000000';
  const looks = async (text: string, ...values: unknown[]) => (await shapeOf(client, { text, values })).looks;
  const nobody = [{ table: 'resources', tenant: null }];
  t.same(await looks('select 1 from rollcall_data.resources'), nobody);
  t.same(
    await looks('select 1 from rollcall_data.resources where tenant_id = $1 or active', tenantId),
    nobody,
  );
  t.same(
    await looks('select 1 from rollcall_data.resources where tenant_id = any ($1)', [tenantId, other]),
    nobody,
  );
  t.same(await looks('select 1 from rollcall_data.resources where tenant_id >= $1', tenantId), nobody);
  const both = await looks(
    'select 1 from rollcall_data.resources r, rollcall_data.accounts a where r.tenant_id = $1 and a.tenant_id = $2',
    tenantId,
    other,
  );
  t.same(new Set(both.map(({ tenant }) => tenant)), new Set([tenantId, other]));
  // Asked by its slug, which is the tenant's name in another table, a view is asked of every tenant.
  t.same((await looks(`select account_id from rollcall.accounts where tenant = 'plain'`))[0]?.tenant, null);
  const { inserts } = await shapeOf(client, {
    text: `insert into "rollcall_data"."removals" ("tenant_id", "minute", "count", "active_accounts") values ($1, now(), 1, 1), ($2, now(), 1, 1)`,
    values: [tenantId, other],
  });
  t.same(inserts, [{ table: 'removals', tenant: null }]);
  t.same(conjuncts(`((tenant_id = 'a'::uuid) AND ((b = ' AND (') OR c))`), [
    `tenant_id = 'a'::uuid`,
    `(b = ' AND (') OR c`,
  ]);
});
