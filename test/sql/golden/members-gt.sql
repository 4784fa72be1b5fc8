-- Group: members gt "018f0000-0000-7000-8000-000000000003"
-- rows: all
-- $1: the tenant
-- $2: "Group"
-- $3: the tenant
-- $4: the tenant
-- $5: "018f0000-0000-7000-8000-000000000003"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 as "one" from "rollcall_data"."members" as "m" inner join "rollcall_data"."resources" as "o" on "o"."tenant_id" = $3 and "o"."id" = "m"."member_id" where "m"."tenant_id" = $4 and "m"."group_id" = "r"."id" and "o"."id"::text collate "C" > $5)
order by "r"."id"
