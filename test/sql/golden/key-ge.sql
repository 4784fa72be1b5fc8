-- User: userName ge "linus"
-- rows: linus
-- $1: the tenant
-- $2: "User"
-- $3: "linus"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."key" collate "C" >= $3
order by "r"."id"
