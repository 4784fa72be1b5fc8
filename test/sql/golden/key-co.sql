-- User: userName co "E H"
-- rows: grace
-- $1: the tenant
-- $2: "User"
-- $3: ["username"]
-- $4: "e h"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and strpos(("r"."folded" #>> $3::text[]), $4) > 0
order by "r"."id"
