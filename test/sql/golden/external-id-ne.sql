-- User: externalId ne "Ext-1"
-- rows: grace linus
-- $1: the tenant
-- $2: "User"
-- $3: "Ext-1"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."external_id" is distinct from $3
order by "r"."id"
