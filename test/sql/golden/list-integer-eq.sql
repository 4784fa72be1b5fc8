-- Device: ports eq 443
-- rows: lamp
-- $1: the tenant
-- $2: "Device"
-- $3: "{\"ports\":[443]}"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."folded" @> $3::jsonb
order by "r"."id"
