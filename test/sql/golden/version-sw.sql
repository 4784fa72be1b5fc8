-- User: meta.version sw "W/\"1"
-- rows: ada linus
-- $1: the tenant
-- $2: "User"
-- $3: "W/\"1"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and starts_with(('W/"' || "r"."version" || '"'), $3)
order by "r"."id"
