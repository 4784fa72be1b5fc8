-- User: emails.value co "example"
-- rows: ada grace
-- $1: the tenant
-- $2: "User"
-- $3: "$.\"emails\".\"value\""
-- $4: "example"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where strpos((found.value #>> '{}'), $4) > 0)
order by "r"."id"
