-- User: emails.primary ne true
-- rows: grace linus
-- $1: the tenant
-- $2: "User"
-- $3: "$.\"emails\".\"primary\""
-- $4: true
-- $5: "$.\"emails\".\"primary\""
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and (exists (select 1 from jsonb_path_query("r"."folded", $3::jsonpath) as found(value) where (found.value #>> '{}')::boolean is distinct from $4::boolean) or not jsonb_path_exists("r"."folded", $5::jsonpath))
order by "r"."id"
