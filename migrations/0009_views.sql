-- The interface for the application. Tables may change; these views do so by addition only.
--
-- Every join beside the first table is a left one on a primary key: the planner leaves it out when no column of it is
-- asked for, and makes an inner one of it when a condition needs it.

-- Where the feed ends for whoever asks now. What an older transaction can still commit lies beyond it, so nobody who
-- keeps the last position skips a change that is committed late.
create function rollcall_data.feed_end() returns numeric
  language sql stable parallel safe
  return (pg_snapshot_xmin(pg_current_snapshot())::text::numeric + rollcall_data.feed_base() + 1) * 10000000000000000000;

create view rollcall.accounts as
  select
    a.tenant_id, t.slug as tenant, a.id as account_id, a.application_id,
    a.active, a.reason,
    a.user_name, a.email,
    a.email is not null and coalesce(
      t.provisioning -> 'verifiedDomains' ? lower(substring(a.email from '@([^@]*)$')), false) as email_verified,
    coalesce(a.frozen, r.attributes) -> 'name' ->> 'givenName' as given_name,
    coalesce(a.frozen, r.attributes) -> 'name' ->> 'familyName' as family_name,
    coalesce(a.frozen, r.attributes) ->> 'displayName' as display_name,
    coalesce(a.frozen, r.attributes) ->> 'externalId' as external_id,
    coalesce(a.frozen, r.attributes) - 'active' as attributes,
    r.id as scim_id,
    a.created_at, a.modified_at, a.deprovisioned_at,
    a.deprovisioned_at + make_interval(days => (t.provisioning ->> 'retentionDays')::int) as purge_at
  from rollcall_data.accounts a
  left join rollcall_data.tenants t on t.id = a.tenant_id
  -- The account is named from both sides, so that an index leads from either one to the other.
  left join rollcall_data.resources r on r.tenant_id = a.tenant_id and r.id = a.resource_id and r.account_id = a.id
  where a.reason is distinct from 'waiting';
comment on view rollcall.accounts is 'every person the application knows by provisioning, leavers included until they are purged';
comment on column rollcall.accounts.tenant_id is 'of the customer; the admin API names it where it makes a tenant';
comment on column rollcall.accounts.tenant is 'the slug of the tenant; ask with this or with tenant_id, always with one of them';
comment on column rollcall.accounts.account_id is 'stable for a person: also when the identity provider deletes and makes them again';
comment on column rollcall.accounts.application_id is 'what the application itself calls the person, if it has said so; unique within the tenant';
comment on column rollcall.accounts.active is 'whether the person may come in';
comment on column rollcall.accounts.reason is 'why not: suspended, excluded (by the tenant''s admission filter) or deprovisioned; null while active';
comment on column rollcall.accounts.user_name is 'ask with lower(user_name) = lower(…), which an index answers; a leaver may have had the name of an active person';
comment on column rollcall.accounts.email is 'the primary address; ask with lower(email) = lower(…), which an index answers; several people may have the same';
comment on column rollcall.accounts.email_verified is 'whether the address is in a domain that the tenant has been verified to own';
comment on column rollcall.accounts.given_name is 'name.givenName; it is searched for without an index, as are the next three';
comment on column rollcall.accounts.external_id is 'what the identity provider calls the person';
comment on column rollcall.accounts.attributes is 'all that the identity provider said, in SCIM''s names';
comment on column rollcall.accounts.scim_id is 'the id of the SCIM resource, which changes when the person is deleted and made again';
comment on column rollcall.accounts.created_at is 'when the person was first provisioned or imported';
comment on column rollcall.accounts.modified_at is 'when provisioning last changed the account';
comment on column rollcall.accounts.deprovisioned_at is 'since when the person has been a leaver; null for everybody else';
comment on column rollcall.accounts.purge_at is 'when a leaver is removed for good; null: never';

create view rollcall.organizations as
  select o.tenant_id, t.slug as tenant, o.id as organization_id, o.application_id, o.name, o.is_default,
    o.archived_at is not null as archived, o.archived_at, o.created_at, o.modified_at
  from rollcall_data.organizations o
  left join rollcall_data.tenants t on t.id = o.tenant_id;
comment on view rollcall.organizations is 'what groups map to; every tenant has a default one';
comment on column rollcall.organizations.tenant is 'the slug of the tenant; ask with this or with tenant_id';
comment on column rollcall.organizations.organization_id is 'stable, also when the organization is renamed';
comment on column rollcall.organizations.application_id is 'what the application itself calls it, if it has said so; unique within the tenant';
comment on column rollcall.organizations.is_default is 'true for the one that every active account belongs to';
comment on column rollcall.organizations.archived is 'no group leads to it any more; it is kept for what hangs on it';

create view rollcall.organization_members as
  select m.tenant_id, t.slug as tenant, m.organization_id, m.account_id, m.role, m.group_ids,
    array(
      select g.attributes ->> 'displayName'
      from unnest(m.group_ids) with ordinality as via (id, n)
      join rollcall_data.resources g on g.tenant_id = m.tenant_id and g.id = via.id
      order by via.n
    ) as group_names
  from rollcall_data.organization_members m
  left join rollcall_data.tenants t on t.id = m.tenant_id;
comment on view rollcall.organization_members is 'who belongs to which organization now; active accounts only, so that being in it is being let in';
comment on column rollcall.organization_members.tenant is 'the slug of the tenant; ask with this or with tenant_id, always with one of them';
comment on column rollcall.organization_members.role is 'the strongest of those that the groups and roles of the person give; null where none is given';
comment on column rollcall.organization_members.group_ids is 'through which groups; empty for the default organization where no group leads there';
comment on column rollcall.organization_members.group_names is 'the names of these groups, in the same order; looked up only when asked for';

create view rollcall.changes as
  select c.tenant_id, t.slug as tenant, c.position, c.at, c.kind, c.account_id, c.organization_id, c.account_ids,
    c.before, c.after, c.paths, c.resource_type, c.resource_id, c.version, c.hold_id, c.actor, c.token_id, c.request_id
  from rollcall_data.changes c
  left join rollcall_data.tenants t on t.id = c.tenant_id
  -- As a subquery it is asked for once, and bounds what an index has to read.
  where c.position < (select rollcall_data.feed_end());
comment on view rollcall.changes is 'the feed: what changed, in commit order. Keep the last position and ask for what is beyond it';
comment on column rollcall.changes.tenant_id is 'ask with this: the index is in the order of tenant_id and position';
comment on column rollcall.changes.tenant is 'the slug of the tenant; asked with this, all that is beyond the position is read and sorted';
comment on column rollcall.changes.position is 'grows in the order in which changes can be seen; a number of up to 40 digits, to be kept as text or numeric';
comment on column rollcall.changes.kind is 'such as account.created or members.removed; docs/integrating.md lists them, and there may be more';
comment on column rollcall.changes.account_ids is 'of members.added, members.changed and members.removed: whose membership of organization_id became what `after` says';
comment on column rollcall.changes.before is 'what changed, as it was; null where there was nothing, and where a person has been erased';
comment on column rollcall.changes.after is 'what changed, as it is; null where there is nothing any more, and where a person has been erased';
comment on column rollcall.changes.paths is 'the attributes that changed, in SCIM''s names';
comment on column rollcall.changes.actor is 'token: an identity provider (token_id says which); admin; or system: time, or settings that were carried out';
comment on column rollcall.changes.request_id is 'of the request that caused it, as in the provisioning log and in error messages';

-- What holds personal data of a person in the feed, for erasure. The second is empty unless a person was there before
-- they had an account.
create index changes_account on rollcall_data.changes (tenant_id, account_id)
  where account_id is not null and (before is not null or after is not null);
create index changes_resource on rollcall_data.changes (tenant_id, resource_id)
  where account_id is null and (before is not null or after is not null);
