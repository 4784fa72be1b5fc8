-- User: userName sw "GRACE H"
-- rows: grace
-- $1: the tenant
-- $2: "User"
-- $3: ["username"]
-- $4: "grace h"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and starts_with(("r"."folded" #>> $3::text[]), $4)
order by "r"."id"
