-- Group: displayName eq "CREW"
-- rows: crew
-- $1: the tenant
-- $2: "Group"
-- $3: "crew"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."key" = $3
order by "r"."id"
