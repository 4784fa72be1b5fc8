-- User: schemas eq "urn:ietf:params:scim:schemas:core:2.0:USER"
-- rows: ada grace linus
-- $1: the tenant
-- $2: "User"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and (true)
order by "r"."id"
