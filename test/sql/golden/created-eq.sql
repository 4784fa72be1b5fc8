-- User: meta.created eq "2026-01-02T04:04:05.678+01:00"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: "2026-01-02T03:04:05.678000Z"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."created_at" = $3::timestamptz
order by "r"."id"
