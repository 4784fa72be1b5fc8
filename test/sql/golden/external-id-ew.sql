-- User: externalId ew "-1"
-- rows: ada grace
-- $1: the tenant
-- $2: "User"
-- $3: "-1"
-- $4: "-1"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and right("r"."external_id", char_length($3)) = $4
order by "r"."id"
