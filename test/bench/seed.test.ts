/** The benchmark's directory is made by SQL; its rows are those that the server would have written. */
import pg from 'pg';
import t from 'tap';
import { seed } from '../../bench/seed.ts';
import { document } from '../../bench/world.ts';
import { clientOf, GROUP } from '../rfc/client.ts';
import { openApp } from '../support/app.ts';

const USERS = 310;

const ROWS = {
  resources: `select r.type, r.key, r.twin, r.external_id, r.active, r.attributes, r.folded, r.version, r.own_role,
      r.imported, r.linked_by_hand, r.deleted_at, r.account_id is not null as has_account
    from rollcall_data.resources r where r.tenant_id = $1 and r.key in ('user00000001@example.com', 'group 1')`,
  accounts: `select a.active, a.reason, a.user_name, a.email, a.application_id, a.frozen, a.deprovisioned_at, r.key
    from rollcall_data.accounts a join rollcall_data.resources r on r.tenant_id = a.tenant_id and r.id = a.resource_id
    where a.tenant_id = $1 and r.account_id = a.id and r.key = 'user00000001@example.com'`,
  organizations: `select o.name, o.key, o.is_default, o.archived_at, o.application_id, l.role,
      (select g.key from rollcall_data.resources g where g.tenant_id = $1 and g.id = l.group_id) as led_by
    from rollcall_data.organizations o
    left join rollcall_data.group_links l on l.tenant_id = $1 and l.organization_id = o.id
    where o.tenant_id = $1 and o.key = 'group 1'`,
  memberships: `select o.name, m.role, array(select g.key from rollcall_data.resources g
      where g.tenant_id = $1 and g.id = any(m.group_ids)) as groups
    from rollcall_data.organization_members m
    join rollcall_data.organizations o on o.tenant_id = $1 and o.id = m.organization_id
    join rollcall_data.accounts a on a.tenant_id = $1 and a.id = m.account_id
    where m.tenant_id = $1 and a.user_name = 'user00000001@example.com' and not o.is_default`,
  defaults: `select m.role, m.group_ids from rollcall_data.organization_members m
    join rollcall_data.organizations o on o.tenant_id = $1 and o.id = m.organization_id and o.is_default
    join rollcall_data.accounts a on a.tenant_id = $1 and a.id = m.account_id
    where m.tenant_id = $1 and a.user_name = 'user00000001@example.com'`,
  members: `select m.nested from rollcall_data.members m
    join rollcall_data.resources g on g.tenant_id = $1 and g.id = m.group_id and g.key = 'group 1'
    join rollcall_data.resources r on r.tenant_id = $1 and r.id = m.member_id and r.key = 'user00000001@example.com'
    where m.tenant_id = $1`,
};

t.test('a seeded user and group have the rows of one that was created by requests', async (t) => {
  const app = await openApp(t);
  const seeded = await app.addTenant('seeded');
  const client = new pg.Client({ connectionString: app.connection.pool.options.connectionString });
  await client.connect();
  t.teardown(() => client.end());
  await seed(client, seeded.tenant.id, { users: USERS, groups: 3 }, [], () => undefined);

  const idp = clientOf(app);
  const user = await idp.post('/Users', document(1));
  t.equal(user.status, 201);
  const members = [{ value: user.body['id'] as string }];
  const group = await idp.post('/Groups', {
    schemas: [GROUP],
    displayName: 'Group 1',
    externalId: 'g-1',
    members,
  });
  t.equal(group.status, 201);

  for (const [what, text] of Object.entries(ROWS)) {
    const [made, expected] = await Promise.all(
      [seeded.tenant.id, app.tenant.id].map(async (id) => (await app.connection.pool.query(text, [id])).rows),
    );
    t.ok(expected?.length, `there are ${what}`);
    t.strictSame(
      new Set(made?.map((row) => JSON.stringify(row))),
      new Set(expected?.map((row) => JSON.stringify(row))),
      what,
    );
  }
});
