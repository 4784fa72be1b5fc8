import pg from 'pg';
import t from 'tap';
import { v7 } from 'uuid';
import { findAccount, listAccounts } from '../../src/store/readAccounts.ts';
import { readChanges } from '../../src/store/readChanges.ts';
import { listMembers } from '../../src/store/readOrganizations.ts';
import { cloneDatabase } from '../support/database.ts';
import { type Plan, planOf, recordingConnection, type Statement } from '../support/statements.ts';
import { settledFeed } from '../support/settledFeed.ts';

const ACCOUNTS = 100_000;
const tenantId = v7();
const [everyone, team] = [v7(), v7()];
let url: string;
let client: pg.Client;

const hex = (n: number): string => n.toString(16).padStart(12, '0');
const accountId = (n: number): string => `00000000-0000-7000-a000-${hex(n)}`;
const resourceId = (n: number): string => `00000000-0000-7000-8000-${hex(n)}`;

t.before(async () => {
  url = await cloneDatabase(t);
  client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  await client.query(
    `insert into rollcall_data.tenants (id, slug, name, created_at)
     select id, slug, slug, now() from (values ($1::uuid, 'large'), ($2, 'small')) as t(id, slug)`,
    [tenantId, v7()],
  );
  await client.query(
    `insert into rollcall_data.organizations (tenant_id, id, name, key, is_default, created_at, modified_at)
     values ($1, $2, 'All', 'all', true, now(), now()), ($1, $3, 'Team', 'team', false, now(), now())`,
    [tenantId, everyone, team],
  );
  await client.query(
    `insert into rollcall_data.resources
       (tenant_id, id, type, account_id, key, external_id, attributes, folded, created_at, modified_at)
     select $1, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'User',
       ('00000000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid, 'user' || n || '@example.com', 'Ext-' || n,
       jsonb_build_object('userName', 'User' || n || '@Example.com', 'displayName', repeat('name ', 40)), '{}', now(), now()
     from generate_series(1, $2::int) n`,
    [tenantId, ACCOUNTS],
  );
  await client.query(
    `insert into rollcall_data.accounts
       (tenant_id, id, resource_id, active, user_name, email, application_id, created_at, modified_at)
     select r.tenant_id, r.account_id, r.id, true, r.attributes ->> 'userName', r.attributes ->> 'userName',
       'app-' || r.key, now(), now()
     from rollcall_data.resources r where r.tenant_id = $1`,
    [tenantId],
  );
  await client.query(
    `insert into rollcall_data.organization_members (tenant_id, organization_id, account_id, role, group_ids)
     select a.tenant_id, o.id, a.id, 'member', array[a.resource_id]
     from rollcall_data.accounts a join rollcall_data.organizations o using (tenant_id)
     where tenant_id = $1 and (o.is_default or a.id < $2)`,
    [tenantId, accountId(21)],
  );
  await client.query(
    `insert into rollcall_data.changes (tenant_id, at, kind, account_id, after, request_id)
     select a.tenant_id, now(), 'account.created', a.id, r.attributes, 'seed'
     from rollcall_data.accounts a join rollcall_data.resources r on r.tenant_id = a.tenant_id and r.id = a.resource_id`,
  );
  await client.query('analyze');
});

/** What the application asks, by how many rows it gets, and the most blocks that may be touched for it. */
async function costOf(text: string, values: readonly unknown[]) {
  const plan = await planOf(client, { text, values }, true);
  const [top] = plan as [Plan];
  return {
    rows: top['Actual Rows'],
    blocks: (top['Shared Hit Blocks'] ?? 0) + (top['Shared Read Blocks'] ?? 0),
    tables: [...new Set(plan.flatMap((node) => node['Relation Name'] ?? []))].toSorted(),
    scans: plan.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'tenants'),
    plan,
  };
}

/** Asked by the slug and by the id of the tenant. */
const OF_TENANT = [
  ['tenant = $1', 'large'],
  ['tenant_id = $1', tenantId],
] as const;

const LOOKUPS: readonly [view: string, condition: string, value: unknown, rows: number, blocks: number][] = [
  ['accounts', 'lower(user_name) = lower($2)', 'USER4711@example.com', 1, 20],
  ['accounts', 'lower(email) = lower($2)', 'USER4711@example.com', 1, 20],
  ['accounts', 'account_id = $2', accountId(4711), 1, 20],
  ['accounts', 'application_id = $2', 'app-user4711@example.com', 1, 20],
  ['accounts', 'scim_id = $2', resourceId(4711), 1, 20],
  ['organization_members', 'account_id = $2', accountId(7), 2, 25],
  ['organization_members', 'organization_id = $2', team, 20, 150],
  ['organization_members', `organization_id = '${everyone}' and account_id = $2`, accountId(4711), 1, 20],
  ['organizations', 'organization_id = $2', team, 1, 20],
  ['organizations', 'lower(name) = lower($2)', 'TEAM', 1, 20],
];

t.test('what an application asks of the views is answered by indexes at 100,000 accounts', async (t) => {
  for (const [view, condition, value, rows, blocks] of LOOKUPS) {
    for (const [tenant, whose] of OF_TENANT) {
      const asked = `select * from rollcall.${view} where ${tenant} and ${condition}`;
      const cost = await costOf(asked, [whose, value]);
      t.equal(cost.rows, rows, asked);
      if (view !== 'organizations') t.same(cost.scans, [], `${asked}: no table is read from end to end`);
      t.ok(cost.blocks <= blocks, `${asked}: ${cost.blocks} blocks`);
    }
  }
});

t.test('what is not asked for is not read', async (t) => {
  for (const [asked, value, tables] of [
    [
      'select active, reason from rollcall.accounts where tenant_id = $1 and account_id = $2',
      accountId(9),
      ['accounts'],
    ],
    [
      'select scim_id from rollcall.accounts where tenant_id = $1 and account_id = $2',
      accountId(9),
      ['accounts', 'resources'],
    ],
    [
      'select role, group_ids from rollcall.organization_members where tenant_id = $1 and account_id = $2',
      accountId(9),
      ['organization_members'],
    ],
    [
      'select name from rollcall.organizations where tenant_id = $1 and organization_id = $2',
      team,
      ['organizations'],
    ],
    ['select kind, after from rollcall.changes where tenant_id = $1 and position > $2', '1e38', ['changes']],
  ] as const) {
    t.same((await costOf(asked, [tenantId, value])).tables, tables, asked);
  }
});

t.test('a page of the feed costs the same wherever it begins', async (t) => {
  await settledFeed(client);
  const page =
    'select * from rollcall.changes where tenant_id = $1 and position > $2 order by position limit 1000';
  const { rows } = await client.query<{ position: string }>(
    `select position from rollcall.changes where tenant_id = $1 order by position offset ${ACCOUNTS - 1001}`,
    [tenantId],
  );
  const first = await costOf(page, [tenantId, '0']);
  const last = await costOf(page, [tenantId, rows[0]?.position]);
  t.equal(first.rows, 1000);
  t.equal(last.rows, 1000);
  t.ok(first.blocks > 0 && first.blocks < 1000, `${first.blocks} blocks`);
  t.ok(last.blocks <= first.blocks * 1.5 + 10, `${last.blocks} blocks against ${first.blocks}`);
  t.notOk(
    last.plan.some((node) => node['Node Type'] === 'Sort'),
    'nothing is sorted',
  );
  const slug = 'tenant_id = (select tenant_id from rollcall.organizations where tenant = $1 and is_default)';
  const named = await costOf(page.replace('tenant_id = $1', slug), ['large', rows[0]?.position]);
  t.ok(named.blocks <= last.blocks + 20, `found by the slug: ${named.blocks} blocks`);
  const none = await costOf(page, [tenantId, rows.at(-1)?.position]);
  t.same([none.rows, none.blocks <= 20], [0, true], `nothing new: ${none.blocks} blocks`);
});

t.test('the lists of the admin API are answered by indexes too', async (t) => {
  const statements: Statement[] = [];
  const connection = recordingConnection(url, statements);
  t.teardown(() => connection.close());
  const scope = { db: connection.forTenant(tenantId), tenantId };
  const page = { limit: 101 };
  for (const [name, work, blocks] of [
    ['accounts', () => listAccounts(scope, page), 600],
    ['a later page', () => listAccounts(scope, { ...page, after: accountId(90_000) }), 600],
    ['by userName', () => listAccounts(scope, { ...page, userName: 'USER4711@example.com' }), 30],
    ['by email', () => listAccounts(scope, { ...page, email: 'USER4711@example.com' }), 30],
    [
      'by applicationId',
      () => listAccounts(scope, { ...page, applicationId: 'app-user4711@example.com' }),
      30,
    ],
    ['by externalId', () => listAccounts(scope, { ...page, externalId: 'Ext-4711' }), 30],
    ['by a small organization', () => listAccounts(scope, { ...page, organization: team }), 300],
    ['by a large organization', () => listAccounts(scope, { ...page, organization: everyone }), 1500],
    ['an account', () => findAccount(scope, accountId(7)), 30],
    ['members of a large organization', () => listMembers(scope, everyone, page), 1500],
    ['a later page of them', () => listMembers(scope, everyone, { ...page, after: accountId(90_000) }), 1500],
    ['the feed', () => readChanges(scope, { after: '0', limit: 100 }), 100],
  ] as const) {
    statements.length = 0;
    await work();
    let touched = 0;
    for (const { text, values } of statements) touched += (await costOf(text, values)).blocks;
    t.ok(touched > 0 && touched <= blocks, `${name}: ${touched} blocks`);
  }
});
