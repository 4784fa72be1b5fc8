-- Device: serial sw "A"
-- rows: lamp
-- $1: the tenant
-- $2: "Device"
-- $3: ["serial"]
-- $4: "A"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and starts_with(("r"."folded" #>> $3::text[]), $4)
order by "r"."id"
