-- Group: members eq null
-- rows: none
-- $1: the tenant
-- $2: "Group"
-- $3: the tenant
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and (exists (select 1 as "one" from "rollcall_data"."members" as "m" where "m"."tenant_id" = $3 and "m"."group_id" = "r"."id")) is not true
order by "r"."id"
