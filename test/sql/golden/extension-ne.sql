-- User: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ne "R&D"
-- rows: grace linus
-- $1: the tenant
-- $2: "User"
-- $3: ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:user","department"]
-- $4: "r&d"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" #>> $3::text[]) is distinct from $4
order by "r"."id"
