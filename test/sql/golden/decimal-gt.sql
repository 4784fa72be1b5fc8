-- Device: weight gt 1.4999
-- rows: lamp
-- $1: the tenant
-- $2: "Device"
-- $3: ["weight"]
-- $4: 1.4999
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" #>> $3::text[])::numeric > $4::numeric
order by "r"."id"
