-- User: id co "0002"
-- rows: grace
-- $1: the tenant
-- $2: "User"
-- $3: "0002"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and strpos("r"."id"::text, $3) > 0
order by "r"."id"
