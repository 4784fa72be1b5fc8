-- User: externalId co "xt"
-- rows: ada grace
-- $1: the tenant
-- $2: "User"
-- $3: "xt"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and strpos("r"."external_id", $3) > 0
order by "r"."id"
