-- Device: parts[grade pr]
-- rows:
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"parts\"[*]"
-- $4: "$.\"grade\" ? (@ != \"\")"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where jsonb_path_exists(found.value, $4::jsonpath))
order by "r"."id"
