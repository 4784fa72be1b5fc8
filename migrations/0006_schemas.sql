-- What a tenant has declared beyond what is shipped, and what its clients send beyond what is declared.

alter table rollcall_data.tenants add column schemas_version integer not null default 0;
comment on column rollcall_data.tenants.schemas_version is
  'goes up with every change of tenant_schemas and tenant_resource_types; 0 where there never was one';

create table rollcall_data.tenant_schemas (
  tenant_id uuid not null references rollcall_data.tenants (id),
  id text not null,
  definition jsonb not null,
  created_at timestamptz(3) not null,
  modified_at timestamptz(3) not null,
  primary key (tenant_id, id)
);
comment on column rollcall_data.tenant_schemas.id is 'the URN in lower case, as URNs compare';
comment on column rollcall_data.tenant_schemas.definition is
  'a Schema (RFC 7643 section 7), and in "extends" the names of the resource types that it extends';

create table rollcall_data.tenant_resource_types (
  tenant_id uuid not null references rollcall_data.tenants (id),
  name text not null,
  definition jsonb,
  created_at timestamptz(3) not null,
  modified_at timestamptz(3) not null,
  primary key (tenant_id, name)
);
comment on column rollcall_data.tenant_resource_types.definition is
  'a ResourceType (RFC 7643 section 6); null for a shipped one that the tenant has switched on';

create table rollcall_data.undeclared (
  tenant_id uuid not null references rollcall_data.tenants (id),
  resource_type text not null,
  name text not null,
  type text not null,
  client text not null,
  count bigint not null,
  first_seen timestamptz(3) not null,
  last_seen timestamptz(3) not null,
  seq bigint generated always as identity,
  primary key (tenant_id, resource_type, name, type, client)
);
comment on table rollcall_data.undeclared is
  'attributes that clients sent and no schema declared: names and JSON types, never a value';
comment on column rollcall_data.undeclared.client is 'the User-Agent, empty where there was none';
create index undeclared_last_seen on rollcall_data.undeclared (tenant_id, last_seen, seq);
