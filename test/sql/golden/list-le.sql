-- Device: tags le "green"
-- rows: lamp fan
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"tags\"[*]"
-- $4: "green"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (found.value #>> '{}') collate "C" <= $4)
order by "r"."id"
