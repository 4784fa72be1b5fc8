-- Device: tags ew "D"
-- rows: lamp
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"tags\"[*]"
-- $4: "d"
-- $5: "d"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where right((found.value #>> '{}'), char_length($4)) = $5)
order by "r"."id"
