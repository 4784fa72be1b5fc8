-- User: groups eq "018f0000-0000-7000-8000-000000000012"
-- rows: linus
-- $1: the tenant
-- $2: "User"
-- $3: the tenant
-- $4: "018f0000-0000-7000-8000-000000000012"
-- $5: the tenant
-- $6: 0
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."id" in (with recursive "down" as (select "m"."member_id" from "rollcall_data"."members" as "m" where "m"."tenant_id" = $3 and "m"."group_id" = $4 union select "below"."member_id" from "down" inner join lateral (select "m"."member_id" from "rollcall_data"."members" as "m" where "m"."tenant_id" = $5 and "m"."group_id" = "down"."member_id" offset $6) as "below" on true) select "down"."member_id" from "down")
order by "r"."id"
