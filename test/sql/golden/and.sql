-- User: title pr and active eq false
-- rows: grace
-- $1: the tenant
-- $2: "User"
-- $3: "$.\"title\" ? (@ != \"\")"
-- $4: false
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and (jsonb_path_exists("r"."folded", $3::jsonpath) and "r"."active" = $4::boolean)
order by "r"."id"
