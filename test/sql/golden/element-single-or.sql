-- Device: place[floor gt 1 or room sw "AT"]
-- rows: lamp fan
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"place\""
-- $4: "$.\"floor\""
-- $5: 1
-- $6: "$.\"room\""
-- $7: "at"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (exists (select 1 from jsonb_path_query(found.value, $4::jsonpath) as found(value) where (found.value #>> '{}')::numeric > $5::numeric) or exists (select 1 from jsonb_path_query(found.value, $6::jsonpath) as found(value) where starts_with((found.value #>> '{}'), $7))))
order by "r"."id"
