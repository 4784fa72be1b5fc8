-- User: not (title sw "g" and not (active eq false))
-- rows: grace linus
-- $1: the tenant
-- $2: "User"
-- $3: ["title"]
-- $4: "g"
-- $5: false
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ((starts_with(("r"."folded" #>> $3::text[]), $4) and ("r"."active" = $5::boolean) is not true)) is not true
order by "r"."id"
