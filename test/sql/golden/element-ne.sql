-- User: emails[primary ne true]
-- rows: ada grace
-- $1: the tenant
-- $2: "User"
-- $3: "$.\"emails\"[*]"
-- $4: "$.\"primary\""
-- $5: true
-- $6: "$.\"primary\""
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (exists (select 1 from jsonb_path_query(found.value, $4::jsonpath) as found(value) where (found.value #>> '{}')::boolean is distinct from $5::boolean) or not jsonb_path_exists(found.value, $6::jsonpath)))
order by "r"."id"
