-- The provisioning log: one row for each HTTP exchange with an identity provider, written in batches after
-- the answer. Partitions are one day long; the server makes the coming ones and drops those past retention.

create table rollcall_data.exchanges (
  tenant_id uuid not null,
  at timestamptz(3) not null,
  request_id text not null,
  token_id uuid,
  client text,
  method text not null,
  path text not null,
  operation text,
  status integer not null,
  duration_ms real not null,
  scim_type text,
  detail text,
  tolerances text[] not null default '{}',
  request jsonb,
  primary key (tenant_id, at, request_id)
) partition by range (at);
comment on column rollcall_data.exchanges.path is 'without the query string, which may hold personal data';
comment on column rollcall_data.exchanges.request is 'the body with every value of a writeOnly attribute removed';
