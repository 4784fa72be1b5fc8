-- Device: tags ne "green"
-- rows: lamp bare
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"tags\"[*]"
-- $4: "green"
-- $5: "$.\"tags\"[*]"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and (exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (found.value #>> '{}') is distinct from $4) or not jsonb_path_exists("r"."folded", $5::jsonpath))
order by "r"."id"
