-- User: not (externalId gt "a")
-- rows: ada linus
-- $1: the tenant
-- $2: "User"
-- $3: "a"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."external_id" collate "C" > $3) is not true
order by "r"."id"
