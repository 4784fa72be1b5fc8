-- More that can be set for a tenant, and the passwords that some tenants want to be kept.

alter table rollcall_data.tenants drop constraint tenants_mode_check;
alter table rollcall_data.tenants add constraint tenants_mode_check
  check (mode in ('tolerant', 'strict', 'interop'));

alter table rollcall_data.tenants
  add column discovery_view text not null default 'full' check (discovery_view in ('full', 'entra')),
  add column store_passwords boolean not null default false;
comment on column rollcall_data.tenants.store_passwords is 'false: passwords are accepted and dropped';

-- Apart from resources, so that nothing that reads or writes a resource can bring a hash along.
create table rollcall_data.passwords (
  tenant_id uuid not null,
  resource_id uuid not null,
  hash text not null check (hash like '$scrypt$%'),
  set_at timestamptz(3) not null,
  primary key (tenant_id, resource_id),
  foreign key (tenant_id, resource_id) references rollcall_data.resources (tenant_id, id)
);
comment on column rollcall_data.passwords.hash is 'scrypt in the PHC string format, see docs/passwords.md';

-- What the application signs people in with. A view of its own, so that the right to read it can be given to
-- nothing but that.
create schema if not exists rollcall;
create view rollcall.passwords as
  select p.tenant_id, r.account_id, p.hash, p.set_at
  from rollcall_data.passwords p
  join rollcall_data.resources r on r.tenant_id = p.tenant_id and r.id = p.resource_id
  where r.deleted_at is null;
comment on view rollcall.passwords is 'the hash of each account''s password, where the tenant keeps them';
