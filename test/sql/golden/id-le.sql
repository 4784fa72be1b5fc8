-- User: id le "018f0000-0000-7000-8000-000000000002"
-- rows: ada grace
-- $1: the tenant
-- $2: "User"
-- $3: "018f0000-0000-7000-8000-000000000002"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."id"::text collate "C" <= $3
order by "r"."id"
