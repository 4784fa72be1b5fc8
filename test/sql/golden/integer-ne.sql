-- Device: slots ne 2
-- rows: fan bare
-- $1: the tenant
-- $2: "Device"
-- $3: ["slots"]
-- $4: 2
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" #>> $3::text[])::numeric is distinct from $4::numeric
order by "r"."id"
