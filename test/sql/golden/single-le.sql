-- User: title le "guide"
-- rows: ada grace
-- $1: the tenant
-- $2: "User"
-- $3: ["title"]
-- $4: "guide"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" #>> $3::text[]) collate "C" <= $4
order by "r"."id"
