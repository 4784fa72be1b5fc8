-- Who may speak to this server. These tables are small and read by every request before its tenant is
-- known, so they are found without a tenant predicate (and are reference tables on a sharded installation).

create table rollcall_data.tenants (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null,
  mode text not null default 'tolerant' check (mode in ('tolerant', 'strict')),
  allow_duplicate_group_names boolean not null default false,
  active boolean not null default true,
  created_at timestamptz(3) not null
);

create table rollcall_data.tokens (
  tenant_id uuid not null references rollcall_data.tenants (id),
  id uuid not null,
  name text not null,
  digest bytea not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  primary key (tenant_id, id)
);
comment on column rollcall_data.tokens.digest is 'SHA-256 of the token; the token itself is never stored';
create unique index tokens_digest on rollcall_data.tokens (digest);

create table rollcall_data.oauth_clients (
  tenant_id uuid not null references rollcall_data.tenants (id),
  id uuid not null,
  name text not null,
  secret_digest bytea,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  primary key (tenant_id, id)
);

-- Keys that all servers over this database share.
create table rollcall_data.secrets (
  name text primary key,
  value bytea not null
);
-- 256 bits, of which a version 4 UUID leaves 122 in each half to chance.
insert into rollcall_data.secrets (name, value)
  values ('cursor', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
