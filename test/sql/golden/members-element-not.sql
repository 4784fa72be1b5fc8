-- Group: members[not (type eq "User")]
-- rows: all
-- $1: the tenant
-- $2: "Group"
-- $3: the tenant
-- $4: the tenant
-- $5: "user"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 as "one" from "rollcall_data"."members" as "m" inner join "rollcall_data"."resources" as "o" on "o"."tenant_id" = $3 and "o"."id" = "m"."member_id" where "m"."tenant_id" = $4 and "m"."group_id" = "r"."id" and (lower("o"."type") = $5) is not true)
order by "r"."id"
