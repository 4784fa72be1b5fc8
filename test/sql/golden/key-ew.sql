-- User: userName ew "example.com"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: ["username"]
-- $4: "example.com"
-- $5: "example.com"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and right(("r"."folded" #>> $3::text[]), char_length($4)) = $5
order by "r"."id"
