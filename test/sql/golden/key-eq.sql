-- User: userName eq "ADA@EXAMPLE.COM"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: "ada@example.com"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."key" = $3
order by "r"."id"
