-- Device: ports gt 443
-- rows:
-- $1: the tenant
-- $2: "Device"
-- $3: "$.\"ports\"[*]"
-- $4: 443
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (found.value #>> '{}')::numeric > $4::numeric)
order by "r"."id"
