-- Device: parts[number gt 5 or maker co "CM"]
-- rows: lamp
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"parts\"[*]"
-- $4: "$.\"number\""
-- $5: 5
-- $6: "$.\"maker\""
-- $7: "cm"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (exists (select 1 from jsonb_path_query(found.value, $4::jsonpath) as found(value) where (found.value #>> '{}')::numeric > $5::numeric) or exists (select 1 from jsonb_path_query(found.value, $6::jsonpath) as found(value) where strpos((found.value #>> '{}'), $7) > 0)))
order by "r"."id"
