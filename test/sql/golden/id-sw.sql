-- User: id sw "018f"
-- rows: ada grace linus
-- $1: the tenant
-- $2: "User"
-- $3: "018f"
select "r"."id"
from "rollcall_data"."resources" as "r"
where "r"."tenant_id" = $1
  and "r"."type" = $2
  and starts_with("r"."id"::text, $3)
order by "r"."id"
