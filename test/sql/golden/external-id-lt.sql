-- User: externalId lt "ext-1"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: "ext-1"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."external_id" collate "C" < $3
order by "r"."id"
