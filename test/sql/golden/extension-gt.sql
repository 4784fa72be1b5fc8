-- User: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department gt "q"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:user","department"]
-- $4: "q"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" #>> $3::text[]) collate "C" > $4
order by "r"."id"
