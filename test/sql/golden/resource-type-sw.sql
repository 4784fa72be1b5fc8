-- User: meta.resourceType sw "u"
-- rows:
-- $1: the tenant
-- $2: "User"
-- $3: "u"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and starts_with("r"."type", $3)
order by "r"."id"
