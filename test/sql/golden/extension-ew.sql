-- User: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ew "x"
-- rows:
-- $1: the tenant
-- $2: "User"
-- $3: ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:user","department"]
-- $4: "x"
-- $5: "x"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and right(("r"."folded" #>> $3::text[]), char_length($4)) = $5
order by "r"."id"
