-- User: meta.lastModified ne "2026-02-01T00:00:00Z"
-- rows: grace linus
-- $1: the tenant
-- $2: "User"
-- $3: "2026-02-01T00:00:00.000000Z"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."modified_at" is distinct from $3::timestamptz
order by "r"."id"
