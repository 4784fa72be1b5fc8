-- User: active eq true
-- rows: ada linus
-- $1: the tenant
-- $2: "User"
-- $3: true
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."active" = $3::boolean
order by "r"."id"
