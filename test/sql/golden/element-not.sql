-- Device: parts[not (maker eq "acme")]
-- rows: lamp
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"parts\"[*]"
-- $4: "$.\"maker\""
-- $5: "acme"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (exists (select 1 from jsonb_path_query(found.value, $4::jsonpath) as found(value) where (found.value #>> '{}') = $5)) is not true)
order by "r"."id"
