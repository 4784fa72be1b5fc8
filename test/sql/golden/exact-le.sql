-- Device: serial le "a1"
-- rows: lamp fan
-- $1: the tenant
-- $2: "Device"
-- $3: ["serial"]
-- $4: "a1"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" #>> $3::text[]) collate "C" <= $4
order by "r"."id"
