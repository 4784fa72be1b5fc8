-- What the directory means for the application: settings of a tenant, effective accounts and memberships, and effects
-- that wait. The rule that everything here keeps: an account or membership is what the directory asks for, or a row of
-- held_effects says why not.

alter table rollcall_data.tenants
  add column provisioning jsonb not null default '{}',
  add column paused boolean not null default false;
comment on column rollcall_data.tenants.provisioning is 'what differs from the defaults, see docs/provisioning.md';
comment on column rollcall_data.tenants.paused is 'true: the directory goes on, and no effect reaches accounts or organizations';

-- The directory: imported resources, and what finds a returning person. Nothing of it costs a creation anything.
alter table rollcall_data.resources
  add column imported boolean not null default false,
  add column own_role text,
  add column linked_by_hand boolean not null default false;
comment on column rollcall_data.resources.imported is 'true until the identity provider first writes it';
comment on column rollcall_data.resources.linked_by_hand is 'of a group: an admin has said where it leads, if only nowhere, and the mapping leaves it alone';
comment on column rollcall_data.resources.own_role is 'the strongest declared role among the user''s own `roles`, where the tenant heeds them';
create index resources_gone_key on rollcall_data.resources (tenant_id, type, key)
  where deleted_at is not null and account_id is not null;
create index resources_gone_external_id on rollcall_data.resources (tenant_id, type, external_id)
  where deleted_at is not null and account_id is not null and external_id is not null;
create index resources_account on rollcall_data.resources (tenant_id, account_id) where deleted_at is not null;

-- Groups within groups are few, and found without reading a group's other members.
alter table rollcall_data.members add column nested boolean not null default false;
comment on column rollcall_data.members.nested is 'whether the member is a group itself';
update rollcall_data.members m set nested = true
  from rollcall_data.resources r
  where r.tenant_id = m.tenant_id and r.id = m.member_id
    and exists (select from rollcall_data.members below where below.tenant_id = r.tenant_id and below.group_id = r.id);
update rollcall_data.members m set nested = true
  from rollcall_data.resources r
  where r.tenant_id = m.tenant_id and r.id = m.member_id and r.type = 'Group';
create index members_nested on rollcall_data.members (tenant_id, group_id, member_id) where nested;

-- Of several primary addresses the first counts; of none, the first for work, then the first.
create function rollcall_data.email_of(attributes jsonb) returns text
  language sql immutable parallel safe
  return (
    select e.value ->> 'value'
    from jsonb_array_elements(case jsonb_typeof(attributes -> 'emails') when 'array' then attributes -> 'emails' end)
      with ordinality as e (value, n)
    where e.value ->> 'value' is not null
    order by coalesce((e.value -> 'primary') = 'true'::jsonb, false) desc,
      coalesce(e.value ->> 'type' = 'work', false) desc, e.n
    limit 1
  );

alter table rollcall_data.accounts drop constraint accounts_reason_check;
alter table rollcall_data.accounts
  add constraint accounts_reason_check check (reason in ('waiting', 'suspended', 'excluded', 'deprovisioned')),
  add column user_name text,
  add column email text,
  add column application_id text,
  add column frozen jsonb,
  add column deprovisioned_at timestamptz(3);
comment on column rollcall_data.accounts.resource_id is 'the resource that speaks for the account; when it is deleted, the last one';
comment on column rollcall_data.accounts.reason is
  'why it is inactive; waiting: its creation is held, and the application does not see it yet';
comment on column rollcall_data.accounts.application_id is 'what the application itself calls the person; from an import or an admin';
comment on column rollcall_data.accounts.frozen is 'the attributes as the application sees them while their change is held; else those of the resource';
update rollcall_data.accounts a
  set user_name = r.attributes ->> 'userName', email = rollcall_data.email_of(r.attributes),
    deprovisioned_at = case a.reason when 'deprovisioned' then a.modified_at end
  from rollcall_data.resources r where r.tenant_id = a.tenant_id and r.id = a.resource_id;
drop index rollcall_data.accounts_resource;
create index accounts_user_name on rollcall_data.accounts (tenant_id, lower(user_name));
create index accounts_email on rollcall_data.accounts (tenant_id, lower(email));
create index accounts_active on rollcall_data.accounts (tenant_id) where active;
create unique index accounts_application_id on rollcall_data.accounts (tenant_id, application_id)
  where application_id is not null;
create index accounts_deprovisioned on rollcall_data.accounts (tenant_id, deprovisioned_at)
  where deprovisioned_at is not null;

alter table rollcall_data.organizations
  add column key text,
  add column application_id text,
  add column modified_at timestamptz(3);
comment on column rollcall_data.organizations.key is 'the folded name; unique but for the default organization, which no group gets by its name';
update rollcall_data.organizations set key = lower(name), modified_at = created_at;
alter table rollcall_data.organizations
  alter column key set not null, alter column modified_at set not null;
create unique index organizations_key on rollcall_data.organizations (tenant_id, key) where not is_default;
create unique index organizations_application_id on rollcall_data.organizations (tenant_id, application_id)
  where application_id is not null;


-- The effect itself, one row for each membership that counts now; rows of active accounts only. It has no foreign keys,
-- since each would lock the row of the default organization for every new account.
create table rollcall_data.organization_members (
  tenant_id uuid not null,
  organization_id uuid not null,
  account_id uuid not null,
  role text,
  group_ids uuid[] not null default '{}',
  primary key (tenant_id, organization_id, account_id)
);
comment on column rollcall_data.organization_members.group_ids is 'the linked groups that give the membership, in order; empty where it is given to every account';
create index organization_members_account on rollcall_data.organization_members (tenant_id, account_id, organization_id);

insert into rollcall_data.organization_members (tenant_id, organization_id, account_id)
  select a.tenant_id, o.id, a.id
  from rollcall_data.accounts a
  join rollcall_data.organizations o on o.tenant_id = a.tenant_id and o.is_default
  where a.active;

-- Effects that wait: for a person's approval (the brake), or for the end of a pause.
create table rollcall_data.holds (
  tenant_id uuid not null references rollcall_data.tenants (id),
  id uuid not null,
  reason text not null check (reason in ('brake', 'pause')),
  opened_at timestamptz(3) not null,
  expires_at timestamptz(3),
  on_expiry text check (on_expiry in ('apply', 'drop')),
  closed_at timestamptz(3),
  outcome text check (outcome in ('approved', 'rejected', 'applied on expiry', 'dropped on expiry', 'resumed', 'superseded')),
  primary key (tenant_id, id),
  check ((closed_at is null) = (outcome is null))
);
create unique index holds_open on rollcall_data.holds (tenant_id, reason) where closed_at is null;
create index holds_expiring on rollcall_data.holds (expires_at) where closed_at is null and expires_at is not null;

create table rollcall_data.held_effects (
  tenant_id uuid not null,
  account_id uuid not null,
  organization_id uuid not null default '00000000-0000-0000-0000-000000000000',
  hold_id uuid not null,
  effect text not null check (effect in ('create', 'activate', 'deactivate', 'update', 'note', 'add', 'remove', 'weaken', 'change')),
  rejected boolean not null default false,
  wanted jsonb not null,
  at timestamptz(3) not null,
  token_id uuid,
  request_id text not null,
  primary key (tenant_id, account_id, organization_id),
  foreign key (tenant_id, hold_id) references rollcall_data.holds (tenant_id, id)
);
comment on column rollcall_data.held_effects.organization_id is 'zero where the effect is on the account itself';
comment on column rollcall_data.held_effects.rejected is 'true: an admin has said no, which stands until the directory asks for something else';
create index held_effects_hold on rollcall_data.held_effects (tenant_id, hold_id, account_id, organization_id);

-- What the brake has counted, by minute.
create table rollcall_data.removals (
  tenant_id uuid not null,
  minute timestamptz(0) not null,
  count integer not null,
  active_accounts integer not null,
  primary key (tenant_id, minute)
);
comment on column rollcall_data.removals.active_accounts is 'how many there were when the minute''s first removal was counted';

-- Settings change what every account is due; this is carried out in batches, and again once every server knows them.
create table rollcall_data.recomputations (
  tenant_id uuid not null references rollcall_data.tenants (id),
  id uuid not null,
  requested_at timestamptz(3) not null,
  not_before timestamptz(3) not null,
  stage text not null default 'groups' check (stage in ('groups', 'users')),
  after_id uuid,
  primary key (tenant_id, id)
);

-- Groups that are there already get their organizations as soon as a server runs.
insert into rollcall_data.recomputations (tenant_id, id, requested_at, not_before)
  select id, gen_random_uuid(), now(), now() from rollcall_data.tenants;

-- The feed. One number is enough to remember: it grows in the order in which changes can be seen, and of two changes
-- of one account the later one has the greater number. A transaction's own id would give the first without the second,
-- since it is given out before the locks are; so a change is numbered by how far the database had come when it was
-- told, at least by what follows the transaction's own id. Whoever tells has taken the locks in an earlier statement.
--
-- A dump that is restored into another cluster brings numbers from the old one: docs/operations.md, feed_base.
create function rollcall_data.feed_base() returns bigint language sql stable parallel safe return 0::bigint;
create function rollcall_data.feed_xid() returns bigint
  language sql volatile
  return greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_xact_id()::text::bigint + 1)
    + rollcall_data.feed_base();

drop index rollcall_data.changes_position;
alter table rollcall_data.changes
  alter column xid drop default,
  alter column xid type bigint using xid::text::bigint,
  alter column xid set default rollcall_data.feed_xid(),
  alter column resource_type drop not null,
  alter column resource_id drop not null,
  alter column version drop not null,
  alter column token_id drop not null,
  add column position numeric(40) generated always as (xid::numeric * 10000000000000000000 + seq) stored,
  add column actor text not null default 'token' check (actor in ('token', 'admin', 'system')),
  add column organization_id uuid,
  add column account_ids uuid[],
  add column hold_id uuid,
  add column before jsonb,
  add column after jsonb;
alter table rollcall_data.changes drop constraint changes_pkey;
alter table rollcall_data.changes add primary key (tenant_id, position);
comment on column rollcall_data.changes.position is 'commit order: a reader who keeps the last one misses none';
comment on column rollcall_data.changes.account_ids is 'whose membership this is about: up to 1,000 that changed in the same way';
