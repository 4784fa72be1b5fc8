-- Device: serial co "a"
-- rows: fan
-- $1: the tenant
-- $2: "Device"
-- $3: ["serial"]
-- $4: "a"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and strpos(("r"."folded" #>> $3::text[]), $4) > 0
order by "r"."id"
