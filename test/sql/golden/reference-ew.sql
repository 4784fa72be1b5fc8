-- User: profileUrl ew "Ada"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: ["profileurl"]
-- $4: "Ada"
-- $5: "Ada"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and right(("r"."folded" #>> $3::text[]), char_length($4)) = $5
order by "r"."id"
