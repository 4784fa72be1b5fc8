-- User: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "r&d"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: "{\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user\":{\"department\":\"r&d\"}}"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."folded" @> $3::jsonb
order by "r"."id"
