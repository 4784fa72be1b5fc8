-- User: meta.version gt "W/\"1\""
-- rows: grace linus
-- $1: the tenant
-- $2: "User"
-- $3: "W/\"1\""
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ('W/"' || "r"."version" || '"') collate "C" > $3
order by "r"."id"
