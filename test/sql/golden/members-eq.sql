-- Group: members eq "018f0000-0000-7000-8000-000000000001"
-- rows: all
-- $1: the tenant
-- $2: "Group"
-- $3: the tenant
-- $4: "018f0000-0000-7000-8000-000000000001"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 as "one" from "rollcall_data"."members" as "m" where "m"."tenant_id" = $3 and "m"."group_id" = "r"."id" and "m"."member_id" = $4)
order by "r"."id"
