-- Device: place[room eq "HALL" and floor eq 2]
-- rows: lamp
-- $1: the tenant
-- $2: "Device"
-- $3: "{\"place\":{\"room\":\"hall\",\"floor\":2}}"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."folded" @> $3::jsonb
order by "r"."id"
