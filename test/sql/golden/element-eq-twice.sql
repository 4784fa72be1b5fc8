-- User: emails[value eq "ada@example.com" and value eq "ada@home.org"]
-- rows:
-- $1: the tenant
-- $2: "User"
-- $3: "$.\"emails\"[*]"
-- $4: "$.\"value\""
-- $5: "ada@example.com"
-- $6: "$.\"value\""
-- $7: "ada@home.org"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (exists (select 1 from jsonb_path_query(found.value, $4::jsonpath) as found(value) where (found.value #>> '{}') = $5) and exists (select 1 from jsonb_path_query(found.value, $6::jsonpath) as found(value) where (found.value #>> '{}') = $7)))
order by "r"."id"
