-- User: groups ge "018f0000-0000-7000-8000-000000000011"
-- rows: ada grace linus
-- $1: the tenant
-- $2: "User"
-- $3: the tenant
-- $4: the tenant
-- $5: 0
-- $6: the tenant
-- $7: the tenant
-- $8: "018f0000-0000-7000-8000-000000000011"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 as "one" from (with recursive "up" as (select "m"."group_id" from "rollcall_data"."members" as "m" where "m"."tenant_id" = $3 and "m"."member_id" = "r"."id" union select "above"."group_id" from "up" inner join lateral (select "m"."group_id" from "rollcall_data"."members" as "m" where "m"."tenant_id" = $4 and "m"."member_id" = "up"."group_id" offset $5) as "above" on true) select "g"."id", "g"."type", "g"."attributes", "g"."folded", case when (select count(*) > 0 as "direct" from "rollcall_data"."members" as "d" where "d"."tenant_id" = $6 and "d"."group_id" = "up"."group_id" and "d"."member_id" = "r"."id") then 'direct' else 'indirect' end as "relation" from "up" inner join "rollcall_data"."resources" as "g" on "g"."tenant_id" = $7 and "g"."id" = "up"."group_id") as "o" where "o"."id"::text collate "C" >= $8)
order by "r"."id"
