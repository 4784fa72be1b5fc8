-- The feed: one row for each committed effect, written in the transaction of its cause. A row becomes
-- visible to readers only when no older transaction can still commit, so that nobody who keeps the last
-- position skips a change that commits late: readers take (xid, seq) below pg_snapshot_xmin.

create table rollcall_data.changes (
  tenant_id uuid not null references rollcall_data.tenants (id),
  seq bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz(3) not null,
  kind text not null,
  resource_type text not null,
  resource_id uuid not null,
  account_id uuid,
  version integer not null,
  paths text[] not null default '{}',
  token_id uuid,
  request_id text not null,
  primary key (tenant_id, seq)
);
create index changes_position on rollcall_data.changes (tenant_id, xid, seq);
