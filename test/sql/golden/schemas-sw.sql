-- User: schemas sw "urn:ietf:params:scim:schemas:extension"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and (jsonb_exists("r"."folded", $3))
order by "r"."id"
