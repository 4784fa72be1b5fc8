-- User: name.familyName ge "hopper"
-- rows: ada grace
-- $1: the tenant
-- $2: "User"
-- $3: ["name","familyname"]
-- $4: "hopper"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and ("r"."folded" #>> $3::text[]) collate "C" >= $4
order by "r"."id"
