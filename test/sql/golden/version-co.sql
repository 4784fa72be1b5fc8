-- User: meta.version co "1"
-- rows: ada linus
-- $1: the tenant
-- $2: "User"
-- $3: "1"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and strpos(('W/"' || "r"."version" || '"'), $3) > 0
order by "r"."id"
