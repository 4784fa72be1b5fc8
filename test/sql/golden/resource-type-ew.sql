-- User: meta.resourceType ew "r"
-- rows: ada grace linus
-- $1: the tenant
-- $2: "User"
-- $3: "r"
-- $4: "r"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and right("r"."type", char_length($3)) = $4
order by "r"."id"
