-- User: name.familyName eq "lovelace"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: "{\"name\":{\"familyname\":\"lovelace\"}}"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."folded" @> $3::jsonb
order by "r"."id"
