-- Device: since ge "2026-01-02T03:04:05Z"
-- rows: lamp
-- $1: the tenant
-- $2: "Device"
-- $3: ["since"]
-- $4: "2026-01-02T03:04:05.000000Z"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" #>> $3::text[]) collate "C" >= $4
order by "r"."id"
