-- The directory: what the identity provider asserted.

create table rollcall_data.resources (
  tenant_id uuid not null references rollcall_data.tenants (id),
  id uuid not null,
  type text not null,
  account_id uuid,
  key text,
  twin uuid not null default '00000000-0000-0000-0000-000000000000',
  external_id text,
  active boolean not null default true,
  attributes jsonb not null,
  folded jsonb not null,
  version integer not null default 1,
  seq bigint generated always as identity,
  created_at timestamptz(3) not null,
  modified_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (tenant_id, id)
);
comment on column rollcall_data.resources.type is 'name of the ResourceType';
comment on column rollcall_data.resources.key is 'prepared userName (RFC 8265) or folded displayName';
comment on column rollcall_data.resources.twin is 'zero where the key is unique; the row''s own id where the tenant allows several groups of one name';
comment on column rollcall_data.resources.attributes is 'the canonical document without members, groups and meta';
comment on column rollcall_data.resources.folded is 'attributes with lower-cased names and folded caseExact=false strings, for containment';
comment on column rollcall_data.resources.seq is 'insertion order: the stable default sort';

create unique index resources_key on rollcall_data.resources (tenant_id, type, key, twin)
  where deleted_at is null;
create index resources_external_id on rollcall_data.resources (tenant_id, type, external_id)
  where deleted_at is null and external_id is not null;
create index resources_seq on rollcall_data.resources (tenant_id, type, seq)
  where deleted_at is null;
-- fastupdate is off because a pending list is read from end to end by every look-up until it is flushed.
create index resources_folded on rollcall_data.resources using gin (folded jsonb_path_ops)
  with (fastupdate = off) where deleted_at is null;

create table rollcall_data.members (
  tenant_id uuid not null,
  group_id uuid not null,
  member_id uuid not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, group_id, member_id),
  foreign key (tenant_id, group_id) references rollcall_data.resources (tenant_id, id),
  foreign key (tenant_id, member_id) references rollcall_data.resources (tenant_id, id)
);
create index members_member on rollcall_data.members (tenant_id, member_id, group_id);
