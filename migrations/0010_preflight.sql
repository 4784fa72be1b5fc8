-- Which accounts the lines of a file would match, while a pre-flight report is made of it. Nothing is lost with it.
create unlogged table rollcall_data.preflight_matches (
  tenant_id uuid not null,
  preflight_id uuid not null,
  account_id uuid not null,
  line bigint not null,
  at timestamptz(3) not null,
  primary key (tenant_id, preflight_id, account_id)
);
create index preflight_matches_at on rollcall_data.preflight_matches (tenant_id, at);
