-- User: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "018f0000-0000-7000-8000-000000000002"
-- rows: ada
-- $1: the tenant
-- $2: "User"
-- $3: "{\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user\":{\"manager\":{\"value\":\"018f0000-0000-7000-8000-000000000002\"}}}"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and "r"."folded" @> $3::jsonb
order by "r"."id"
