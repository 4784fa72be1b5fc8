/** A large directory, made by the database itself: the rows are those that the server would write. */
import type pg from 'pg';

/** `users` users called `user<n>@example.com` in insertion order. */
export async function seedUsers(client: pg.Client, tenantId: string, users: number): Promise<void> {
  await client.query(
    `insert into rollcall_data.resources
       (tenant_id, id, account_id, type, key, external_id, active, attributes, folded, created_at, modified_at)
     select $1, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       ('00000000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid, 'User',
       'user' || n || '@example.com', 'Ext-' || n, n % 50 <> 0, d.attributes,
       d.attributes - 'userName' - 'externalId' - 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
         || jsonb_build_object('username', 'user' || n || '@example.com', 'externalid', 'Ext-' || n,
           'urn:ietf:params:scim:schemas:extension:enterprise:2.0:user',
           d.attributes -> 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'),
       now(), now()
     from generate_series(1, $2::int) n,
       lateral (select jsonb_build_object(
         'userName', 'user' || n || '@example.com', 'externalId', 'Ext-' || n, 'active', n % 50 <> 0,
         'title', 'engineer',
         'emails', jsonb_build_array(jsonb_build_object(
           'type', 'work', 'primary', true, 'value', 'user' || n || '@example.com')),
         'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', jsonb_build_object(
           'manager', jsonb_build_object('value',
             '00000000-0000-7000-8000-' || lpad(to_hex(n % 1000 + 1), 12, '0')))) as attributes) d`,
    [tenantId, users],
  );
}

/** Groups called `Group <n>`, group n having the first `sizes[n]` users. */
export async function seedGroups(
  client: pg.Client,
  tenantId: string,
  sizes: readonly number[],
): Promise<void> {
  await client.query(
    `insert into rollcall_data.resources
       (tenant_id, id, type, key, external_id, attributes, folded, created_at, modified_at)
     select $1, ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Group', 'group ' || n, 'G-' || n,
       jsonb_build_object('displayName', 'Group ' || n, 'externalId', 'G-' || n),
       jsonb_build_object('displayname', 'group ' || n, 'externalid', 'G-' || n), now(), now()
     from generate_series(1, $2::int) n`,
    [tenantId, sizes.length],
  );
  await client.query(
    `insert into rollcall_data.members (tenant_id, group_id, member_id, created_at)
     select $1, ('00000000-0000-7000-9000-' || lpad(to_hex(g), 12, '0'))::uuid,
       ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now()
     from unnest($2::int[]) with ordinality as s(size, g), generate_series(1, s.size) n`,
    [tenantId, sizes],
  );
  await client.query('analyze rollcall_data.resources, rollcall_data.members');
}

/** The accounts of all those users, and for each group an organization of its name to which its active members belong. */
export async function seedAccounts(client: pg.Client, tenantId: string): Promise<void> {
  await client.query(
    `insert into rollcall_data.accounts
       (tenant_id, id, resource_id, active, reason, user_name, email, created_at, modified_at)
     select tenant_id, account_id, id, active,
       case when not active then 'suspended' end, attributes ->> 'userName', attributes ->> 'userName', now(), now()
     from rollcall_data.resources where tenant_id = $1 and id < '00000000-0000-7000-9000-000000000000'`,
    [tenantId],
  );
  await client.query(
    `with made as (
       insert into rollcall_data.organizations (tenant_id, id, name, key, created_at, modified_at)
       select tenant_id, ('00000000-0000-7000-b000-' || right(id::text, 12))::uuid, attributes ->> 'displayName', key,
         now(), now()
       from rollcall_data.resources where tenant_id = $1 and type = 'Group'
       returning tenant_id, id, created_at
     )
     insert into rollcall_data.group_links (tenant_id, group_id, organization_id, created_at)
     select tenant_id, ('00000000-0000-7000-9000-' || right(id::text, 12))::uuid, id, created_at from made`,
    [tenantId],
  );
  await client.query(
    `insert into rollcall_data.organization_members (tenant_id, organization_id, account_id, group_ids)
     select m.tenant_id, l.organization_id, a.id, array[l.group_id]
     from rollcall_data.members m
     join rollcall_data.group_links l on l.tenant_id = m.tenant_id and l.group_id = m.group_id
     join rollcall_data.accounts a on a.tenant_id = m.tenant_id and a.resource_id = m.member_id and a.active
     where m.tenant_id = $1`,
    [tenantId],
  );
  await client.query(
    `analyze rollcall_data.resources, rollcall_data.accounts, rollcall_data.organizations, rollcall_data.group_links,
       rollcall_data.organization_members`,
  );
}

export const organizationId = (n: number): string =>
  `00000000-0000-7000-b000-${n.toString(16).padStart(12, '0')}`;
export const accountId = (n: number): string => `00000000-0000-7000-a000-${n.toString(16).padStart(12, '0')}`;
export const userId = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
export const groupId = (n: number): string => `00000000-0000-7000-9000-${n.toString(16).padStart(12, '0')}`;
