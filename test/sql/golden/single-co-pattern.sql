-- User: title co "%"
-- rows:
-- $1: the tenant
-- $2: "User"
-- $3: ["title"]
-- $4: "%"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and strpos(("r"."folded" #>> $3::text[]), $4) > 0
order by "r"."id"
