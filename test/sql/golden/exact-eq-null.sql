-- Device: serial eq null
-- rows: bare
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"serial\" ? (@ != \"\")"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and (jsonb_path_exists("r"."folded", $3::jsonpath)) is not true
order by "r"."id"
