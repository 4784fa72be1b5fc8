-- User: schemas eq "urn:example:other"
-- rows:
-- $1: the tenant
-- $2: "User"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and false
order by "r"."id"
