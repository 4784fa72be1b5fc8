-- User: meta.resourceType co "se"
-- rows: ada grace linus
-- $1: the tenant
-- $2: "User"
-- $3: "se"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and strpos("r"."type", $3) > 0
order by "r"."id"
