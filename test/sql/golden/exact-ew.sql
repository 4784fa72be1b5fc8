-- Device: serial ew "1"
-- rows: lamp fan
-- $1: the tenant
-- $2: "Device"
-- $3: ["serial"]
-- $4: "1"
-- $5: "1"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and right(("r"."folded" #>> $3::text[]), char_length($4)) = $5
order by "r"."id"
