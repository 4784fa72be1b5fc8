-- User: title eq "guide" or active eq false
-- rows: ada grace
-- $1: the tenant
-- $2: "User"
-- $3: "{\"title\":\"guide\"}"
-- $4: false
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" @> $3::jsonb or "r"."active" = $4::boolean)
order by "r"."id"
