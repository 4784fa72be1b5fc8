-- User: id ew "2"
-- rows: grace
-- $1: the tenant
-- $2: "User"
-- $3: "2"
-- $4: "2"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and right("r"."id"::text, char_length($3)) = $4
order by "r"."id"
