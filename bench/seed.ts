/** Fills the directory by SQL, with the rows that the server itself would write. */
import type pg from 'pg';
import { ENTERPRISE, EVERYBODY, LARGE_SIZE, NAMES, SMALL, TENS } from './world.ts';

type Progress = (done: number, all: number, what: string) => void;

const BATCH = 50_000;
const id = (kind: string, n: string) =>
  `('00000000-0000-7000-${kind}-' || lpad(to_hex(${n}), 12, '0'))::uuid`;
const list = (values: readonly string[]) => `(array[${values.map((value) => `'${value}'`).join(',')}])`;

const given = `${list(NAMES.given)}[n % 10 + 1]`;
const family = `${list(NAMES.family)}[n / 10 % 10 + 1] || ' ' || n % 1000`;
const name = `'user' || lpad(n::text, 8, '0') || '@example.com'`;

const USERS = `
insert into rollcall_data.resources
  (tenant_id, id, account_id, type, key, external_id, active, attributes, folded, created_at, modified_at)
select t.id, ${id('8000', 'n')}, ${id('a000', 'n')}, 'User', v.name, v.external, true,
  jsonb_build_object('userName', v.name, 'name', jsonb_build_object('givenName', v.given, 'familyName', v.family),
    'displayName', v.given || ' ' || v.family, 'title', 'Engineer', 'locale', 'en-US', 'active', true,
    'emails', jsonb_build_array(jsonb_build_object('value', v.name, 'type', 'work', 'primary', true)),
    'phoneNumbers', jsonb_build_array(jsonb_build_object('value', v.phone, 'type', 'work')),
    'externalId', v.external,
    '${ENTERPRISE}', jsonb_build_object('employeeNumber', n::text, 'department', 'Department ' || n % 100)),
  jsonb_build_object('username', v.name,
    'name', jsonb_build_object('givenname', lower(v.given), 'familyname', lower(v.family)),
    'displayname', lower(v.given || ' ' || v.family), 'title', 'engineer', 'locale', 'en-us',
    'emails', jsonb_build_array(jsonb_build_object('value', v.name, 'type', 'work', 'primary', true)),
    'phonenumbers', jsonb_build_array(jsonb_build_object('value', v.phone, 'type', 'work')),
    '${ENTERPRISE.toLowerCase()}',
      jsonb_build_object('employeenumber', n::text, 'department', 'department ' || n % 100)),
  now(), now()
from unnest($1::uuid[]) t (id), generate_series($2::int, $3::int) n, lateral (select ${name} as name, ${given} as given,
  ${family} as family, '00u' || lpad(n::text, 17, 'a') as external, '+1 555 ' || lpad(n::text, 8, '0') as phone) v
order by t.id, n`;

const GROUPS = `
insert into rollcall_data.resources
  (tenant_id, id, type, key, external_id, attributes, folded, created_at, modified_at)
select t.id, ${id('9000', 'n')}, 'Group', 'group ' || n, 'g-' || n,
  jsonb_build_object('displayName', 'Group ' || n, 'externalId', 'g-' || n),
  jsonb_build_object('displayname', 'group ' || n), now(), now()
from unnest($1::uuid[]) t (id), generate_series(1, $2::int) n`;

const MEMBERS = `
insert into rollcall_data.members (tenant_id, group_id, member_id, created_at)
select t.id, ${id('9000', '$2::int')}, ${id('8000', 'n')}, now()
from unnest($1::uuid[]) t (id), generate_series($3::int, $4::int) n on conflict do nothing`;

const MEANING = [
  `insert into rollcall_data.accounts (tenant_id, id, resource_id, active, user_name, email, created_at, modified_at)
   select tenant_id, account_id, id, true, attributes ->> 'userName', rollcall_data.email_of(attributes), now(), now()
   from rollcall_data.resources where account_id is not null`,
  `insert into rollcall_data.organizations (tenant_id, id, name, key, created_at, modified_at)
   select tenant_id, ('00000000-0000-7000-b000-' || right(id::text, 12))::uuid, attributes ->> 'displayName', key, now(), now()
   from rollcall_data.resources where type = 'Group'`,
  `insert into rollcall_data.group_links (tenant_id, group_id, organization_id, created_at)
   select tenant_id, id, ('00000000-0000-7000-b000-' || right(id::text, 12))::uuid, now()
   from rollcall_data.resources where type = 'Group'`,
  `insert into rollcall_data.organization_members (tenant_id, organization_id, account_id, group_ids)
   select m.tenant_id, ('00000000-0000-7000-b000-' || right(m.group_id::text, 12))::uuid, r.account_id, array[m.group_id]
   from rollcall_data.members m join rollcall_data.resources r on r.tenant_id = m.tenant_id and r.id = m.member_id`,
  `insert into rollcall_data.organization_members (tenant_id, organization_id, account_id)
   select a.tenant_id, o.id, a.id from rollcall_data.accounts a
   join rollcall_data.organizations o on o.tenant_id = a.tenant_id and o.is_default`,
];

interface Size {
  readonly users: number;
  readonly groups: number;
}

/** Fills the large tenant and the small ones, which are there and empty. */
export async function seed(
  client: pg.ClientBase,
  main: string,
  { users, groups }: Size,
  small: readonly string[],
  progress: Progress,
): Promise<void> {
  await client.query(`set maintenance_work_mem = '512MB'; set synchronous_commit = off`);
  for (let from = 1; from <= users; from += BATCH) {
    const to = Math.min(users, from + BATCH - 1);
    await client.query(USERS, [[main], from, to]);
    progress(to, users, 'users');
  }
  await client.query(GROUPS, [[main], groups]);
  for (let n = 1; n < groups; n += 1) {
    const size = n === EVERYBODY ? users : n < TENS ? LARGE_SIZE : 10;
    const last = users - ((n * 10) % (users - LARGE_SIZE));
    await client.query(MEMBERS, [
      [main],
      n,
      n === EVERYBODY ? 1 : last - size + 1,
      n === EVERYBODY ? users : last,
    ]);
  }
  progress(1, 1, 'members');
  for (let from = 0; from < small.length; from += 1_000) {
    const some = small.slice(from, from + 1_000);
    await client.query(USERS, [some, 1, SMALL.users]);
    await client.query(GROUPS, [some, SMALL.groups]);
    await client.query(MEMBERS, [some, 1, 1, SMALL.users]);
    progress(from + some.length, small.length, 'small tenants');
  }
  for (const [index, statement] of MEANING.entries()) {
    await client.query(statement);
    progress(index + 1, MEANING.length, 'accounts and organizations');
  }
}
