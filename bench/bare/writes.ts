/** One statement for each way of writing: the same rows, in the same tables, as Rollcall leaves behind. */
import { columns, GROUPS_OF } from './reads.ts';

// What was written is read back with the groups, which no such request changes.
const RELATED = GROUPS_OF.replaceAll('$2', '$4::text');

const CHANGE =
  'tenant_id, at, token_id, request_id, kind, resource_type, resource_id, account_id, version, paths';

/** $1 tenant, $2 token, $3 request, $4 JSON list of users. */
export const CREATE = `
with given as (
  select * from jsonb_to_recordset($4::jsonb) as x (id uuid, account_id uuid, key text, external_id text, attributes jsonb,
    folded jsonb)
), resource as (
  insert into rollcall_data.resources
    (tenant_id, id, type, account_id, key, external_id, active, attributes, folded, created_at, modified_at)
  select $1::uuid, id, 'User', account_id, key, external_id, true, attributes, folded, now(), now() from given
), account as (
  insert into rollcall_data.accounts (tenant_id, id, resource_id, active, user_name, email, created_at, modified_at)
  select $1::uuid, account_id, id, true, attributes ->> 'userName', rollcall_data.email_of(attributes), now(), now() from given
), membership as (
  insert into rollcall_data.organization_members (tenant_id, organization_id, account_id)
  select $1::uuid, o.id, g.account_id from given g
  join rollcall_data.organizations o on o.tenant_id = $1::uuid and o.is_default
  returning organization_id, account_id
), told as (
  insert into rollcall_data.changes (${CHANGE}, after)
  select $1::uuid, now(), $2::uuid, $3::text, 'account.created', 'User', id, account_id, 1, array(select jsonb_object_keys(attributes)),
    attributes || '{"reason": null}' from given
)
insert into rollcall_data.changes (tenant_id, at, token_id, request_id, kind, organization_id, account_ids, after)
select $1::uuid, now(), $2::uuid, $3::text, 'members.added', organization_id, array[account_id], '{"role": null, "groups": []}' from membership`;

const OLD = (type: string) => `old as (
  select r.id, r.account_id, r.attributes, r.version from rollcall_data.resources r
  where r.tenant_id = $1::uuid and r.id = $5::uuid and r.type = '${type}' and r.deleted_at is null for no key update
)`;

const DIFFERENT = (one: string, other: string) =>
  `(select jsonb_object_agg(key, value) from jsonb_each(${one}) where ${other} -> key is distinct from value)`;

/** After $3 come the base URL, the id, attributes, folded, key and external id. */
export const PUT = `
with ${OLD('User')}, r as (
  update rollcall_data.resources r set attributes = $6::jsonb, folded = $7::jsonb, key = $8, external_id = $9, version = old.version + 1,
    modified_at = now()
  from old where r.tenant_id = $1::uuid and r.id = (select id from old) returning r.*
), account as (
  update rollcall_data.accounts a set user_name = r.attributes ->> 'userName',
    email = rollcall_data.email_of(r.attributes), modified_at = now()
  from r where a.tenant_id = $1::uuid and a.id = (select account_id from r)
), told as (
  insert into rollcall_data.changes (${CHANGE}, before, after)
  select $1::uuid, now(), $2::uuid, $3::text, 'account.updated', 'User', r.id, r.account_id, r.version,
    array(select key from jsonb_each(r.attributes) where old.attributes -> key is distinct from value),
    ${DIFFERENT('old.attributes', 'r.attributes')}, ${DIFFERENT('r.attributes', 'old.attributes')}
  from r join old on old.id = r.id
)
select ${columns(RELATED)} from r`;

const SET_ACTIVE = (active: boolean) => `${OLD('User')}, r as (
  update rollcall_data.resources r set active = ${active}, attributes = r.attributes || '{"active": ${active}}', version = old.version + 1, modified_at = now()
  from old where r.tenant_id = $1::uuid and r.id = (select id from old) returning r.*
), account as (
  update rollcall_data.accounts a set active = ${active}, reason = ${active ? 'null' : "'suspended'"}, modified_at = now()
  where a.tenant_id = $1::uuid and a.id = (select account_id from r)
), told as (
  insert into rollcall_data.changes (${CHANGE}, before, after)
  select $1::uuid, now(), $2::uuid, $3::text, 'account.${active ? 'reactivated' : 'suspended'}', 'User', r.id, r.account_id, r.version,
    array['active'], '{"active": ${!active}}', '{"active": ${active}}' from r
)`;

const MEMBERSHIPS = `
insert into rollcall_data.changes (tenant_id, at, token_id, request_id, kind, organization_id, account_ids, before, after)
select $1::uuid, now(), $2::uuid, $3::text,`;

/** After $3 come the base URL and the id. */
export const DEACTIVATE = `
with ${SET_ACTIVE(false)}, ended as (
  delete from rollcall_data.organization_members m
  where m.tenant_id = $1::uuid and m.account_id = (select account_id from r)
  returning m.organization_id, m.account_id, m.group_ids
), left_organizations as (${MEMBERSHIPS} 'members.removed', organization_id, array[account_id],
  jsonb_build_object('role', null, 'groups', to_jsonb(group_ids)), null from ended)
select ${columns(RELATED)} from r`;

export const ACTIVATE = `
with ${SET_ACTIVE(true)}, due as (
  select l.organization_id, r.account_id, array_agg(l.group_id order by l.group_id) as group_ids
  from r, lateral (select m.group_id from rollcall_data.members m
    where m.tenant_id = $1::uuid and m.member_id = r.id offset 0) m,
  lateral (select * from rollcall_data.group_links l
    where l.tenant_id = $1::uuid and l.group_id = m.group_id offset 0) l
  group by 1, 2
  union all
  select o.id, r.account_id, '{}' from r join rollcall_data.organizations o on o.tenant_id = $1::uuid and o.is_default
), kept as (
  insert into rollcall_data.organization_members (tenant_id, organization_id, account_id, group_ids)
  select $1::uuid, * from due returning organization_id, account_id, group_ids
), came as (${MEMBERSHIPS} 'members.added', organization_id, array[account_id], null,
  jsonb_build_object('role', null, 'groups', to_jsonb(group_ids)) from kept)
select ${columns(RELATED)} from r`;

const EDIT = `g as (
  update rollcall_data.resources r set version = r.version + 1, modified_at = now()
  where r.tenant_id = $1::uuid and r.id = $4::uuid and r.type = 'Group' and r.deleted_at is null returning r.id, r.version
), told as (
  insert into rollcall_data.changes (${CHANGE})
  select $1::uuid, now(), $2::uuid, $3::text, 'resource.updated', 'Group', g.id, null, g.version, '{members}' from g
)`;

const TOLD = (kind: string, rows: string, images: string) => `
insert into rollcall_data.changes (tenant_id, at, token_id, request_id, kind, organization_id, account_ids, before, after)
select $1::uuid, now(), $2::uuid, $3::text, '${kind}', organization_id, array_agg(account_id), ${images}
from (select *, (row_number() over (partition by organization_id order by account_id) - 1) / 1000 as part from ${rows}) x
group by organization_id, part`;

const ROLE = `jsonb_build_object('role', null, 'groups', jsonb_build_array($4::uuid))`;

// The offset keeps it a look-up, see reads.ts.
const ACCOUNT_OF = (member: string) => `lateral (
      select a.id, a.active
      from (select r.account_id from rollcall_data.resources r where r.tenant_id = $1::uuid and r.id = ${member} offset 0) r,
        lateral (select a.id, a.active from rollcall_data.accounts a
          where a.tenant_id = $1::uuid and a.id = r.account_id offset 0) a
      offset 0)`;

/** After $3 come the group and the members. */
export const ADD_MEMBERS = `
with ${EDIT}, found as (
  select r.id from unnest($5::uuid[]) as given (id), lateral (select r.id from rollcall_data.resources r
    where r.tenant_id = $1::uuid and r.id = given.id and r.deleted_at is null offset 0 for share) r
), added as (
  insert into rollcall_data.members (tenant_id, group_id, member_id, created_at)
  select $1::uuid, $4::uuid, id, now() from found on conflict do nothing returning member_id
), kept as (
  insert into rollcall_data.organization_members (tenant_id, organization_id, account_id, group_ids)
  select $1::uuid, l.organization_id, a.id, array[$4::uuid] from added m, ${ACCOUNT_OF('m.member_id')} a,
    lateral (select l.organization_id from rollcall_data.group_links l
      where l.tenant_id = $1::uuid and l.group_id = $4::uuid offset 0) l
  where a.active
  returning organization_id, account_id
), came as (${TOLD('members.added', 'kept', `null, ${ROLE}`)})
select version from g`;

export const REMOVE_MEMBERS = `
with ${EDIT}, removed as (
  delete from rollcall_data.members m
  where m.ctid = any(array(select m.ctid from unnest($5::uuid[]) as given (id), lateral (
    select m.ctid from rollcall_data.members m
    where m.tenant_id = $1::uuid and m.group_id = $4::uuid and m.member_id = given.id offset 0) m))
  returning m.member_id
), ended as (
  delete from rollcall_data.organization_members o
  where o.ctid = any(array(
    select o.ctid from removed m, ${ACCOUNT_OF('m.member_id')} a,
      lateral (select l.organization_id from rollcall_data.group_links l
        where l.tenant_id = $1::uuid and l.group_id = $4::uuid offset 0) l,
      lateral (select o.ctid from rollcall_data.organization_members o
        where o.tenant_id = $1::uuid and o.organization_id = l.organization_id and o.account_id = a.id offset 0) o))
  returning o.organization_id, o.account_id
), left_organizations as (${TOLD('members.removed', 'ended', `${ROLE}, null`)})
select version from g`;
