-- User: meta.created lt "2026-03-01T00:00:00Z"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: "2026-03-01T00:00:00.000000Z"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."created_at" < $3::timestamptz
order by "r"."id"
