/** One statement for each way of reading, as somebody would write it by hand for this request alone. */

const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

// Beside many small tenants a generic plan takes every tenant for a small one, and would read all of a large one to join
// a few rows: an offset keeps each look-up a look-up.
const FENCE = 'offset 0';

/** $1 is the tenant, $2 the base URL. */
export const GROUPS_OF = `(with recursive up (id) as (
    select m.group_id from rollcall_data.members m where m.tenant_id = $1 and m.member_id = r.id
    union select m.group_id from up, lateral (select m.group_id from rollcall_data.members m
      where m.tenant_id = $1 and m.member_id = up.id ${FENCE}) m
  )
  select string_agg('{"value":"' || g.id || '","$ref":"' || $2 || '/Groups/' || g.id || '","display":'
    || to_json(g.name)::text || ',"type":"' || case when exists (
      select from rollcall_data.members d where d.tenant_id = $1 and d.group_id = g.id and d.member_id = r.id
    ) then 'direct' else 'indirect' end || '"}', ',' order by g.id)
  from up, lateral (select g.id, g.attributes ->> 'displayName' as name from rollcall_data.resources g
    where g.tenant_id = $1 and g.id = up.id ${FENCE}) g)`;

const MEMBERS_OF = `(select string_agg('{"value":"' || u.id || '","$ref":"' || $2 || '/' || u.type || 's/' || u.id || '","type":"'
    || u.type || '","display":' || to_json(coalesce(u.attributes ->> 'displayName', u.attributes ->> 'userName'))::text
    || '}', ',' order by m.member_id)
  from rollcall_data.members m, lateral (select * from rollcall_data.resources u
    where u.tenant_id = $1 and u.id = m.member_id ${FENCE}) u
  where m.tenant_id = $1 and m.group_id = r.id)`;

/** Columns of a row `r`. */
export const columns = (related: string) =>
  `r.id, r.attributes::text as attributes, r.version, ${iso('r.created_at')} as created, ${iso('r.modified_at')} as modified,
  ${related} as related`;

const from = (type: string, related: string) =>
  `select ${columns(related)} from rollcall_data.resources r
  where r.tenant_id = $1 and r.type = '${type}' and r.deleted_at is null`;

const page = (type: string, condition: string, order: string, related = GROUPS_OF) => `
select t.total, p.* from (select count(*) as total from rollcall_data.resources r
  where r.tenant_id = $1 and r.type = '${type}' and r.deleted_at is null and ${condition}) t
left join (select ${columns(related)}, r.seq, r.n from (select r.*, row_number() over (order by ${order}) as n
    from rollcall_data.resources r
    where r.tenant_id = $1 and r.type = '${type}' and r.deleted_at is null and ${condition} ORDERED) r) p on true
order by p.n`;

const ordered = (text: string, beyond: string, order: string, rest: string) =>
  text.replace('ORDERED', `${beyond} order by ${order} ${rest}`);

const LAST_NAME = `(r.folded #>> '{name,familyname}') collate "und-x-icu", r.seq`;
const NAME = 'r.key collate "und-x-icu", r.seq';

/** Each is given the tenant, the base URL, and what it is asked. */
export const READS = {
  userById: `${from('User', GROUPS_OF)} and r.id = $3`,
  groupById: `${from('Group', MEMBERS_OF)} and r.id = $3`,
  groupWithoutMembers: `${from('Group', 'null')} and r.id = $3 and $2::text is not null`,
  byKey: `${from('User', GROUPS_OF)} and r.key = $3`,
  groupByKey: `${from('Group', 'null')} and r.key = $3 and $2::text is not null`,
  byExternalId: `${from('User', GROUPS_OF)} and r.external_id = $3`,
  byFolded: `${from('User', GROUPS_OF)} and r.folded @> $3::jsonb`,
  containing: ordered(page('User', `r.folded ->> 'username' like $3`, 'r.seq'), '', 'r.seq', 'limit 100'),
  first: ordered(page('User', 'true', 'r.seq'), '', 'r.seq', 'limit $3'),
  beyond: ordered(page('User', 'true', 'r.seq'), 'and r.seq > $4', 'r.seq', 'limit $3'),
  offset: ordered(page('User', 'true', 'r.seq'), '', 'r.seq', 'offset $4 limit $3'),
  byName: ordered(page('User', 'true', NAME), '', NAME, 'limit $3'),
  byLastName: ordered(page('User', 'true', LAST_NAME), '', LAST_NAME, 'limit $3'),
} as const;
