-- User: meta.resourceType le "A"
-- rows:
-- $1: the tenant
-- $2: "User"
-- $3: "A"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."type" collate "C" <= $3
order by "r"."id"
