-- What the application acts on. An account is never deleted by a SCIM request.

create table rollcall_data.accounts (
  tenant_id uuid not null references rollcall_data.tenants (id),
  id uuid not null,
  resource_id uuid,
  active boolean not null,
  reason text check (reason in ('suspended', 'deprovisioned')),
  created_at timestamptz(3) not null,
  modified_at timestamptz(3) not null,
  primary key (tenant_id, id),
  check (active = (reason is null))
);
create index accounts_resource on rollcall_data.accounts (tenant_id, resource_id);

create table rollcall_data.organizations (
  tenant_id uuid not null references rollcall_data.tenants (id),
  id uuid not null,
  name text not null,
  is_default boolean not null default false,
  archived_at timestamptz(3),
  created_at timestamptz(3) not null,
  primary key (tenant_id, id)
);
create unique index organizations_default on rollcall_data.organizations (tenant_id) where is_default;

create table rollcall_data.group_links (
  tenant_id uuid not null,
  group_id uuid not null,
  organization_id uuid not null,
  role text,
  created_at timestamptz(3) not null,
  primary key (tenant_id, group_id, organization_id),
  foreign key (tenant_id, group_id) references rollcall_data.resources (tenant_id, id),
  foreign key (tenant_id, organization_id) references rollcall_data.organizations (tenant_id, id)
);
create index group_links_organization on rollcall_data.group_links (tenant_id, organization_id);
