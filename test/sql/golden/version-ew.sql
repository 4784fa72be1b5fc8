-- User: meta.version ew "0\""
-- rows: linus
-- $1: the tenant
-- $2: "User"
-- $3: "0\""
-- $4: "0\""
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and right(('W/"' || "r"."version" || '"'), char_length($3)) = $4
order by "r"."id"
