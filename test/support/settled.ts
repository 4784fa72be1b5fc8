/**
 * The effects of users on accounts and memberships, where the server has not written them yet.
 * To go, with its calls, once every SCIM operation settles its effects itself; until then it does what they will do for
 * users without groups, and changes nothing where they have done it.
 */
import type pg from 'pg';

export async function settle(pool: pg.Pool): Promise<void> {
  await pool.query(`
    update rollcall_data.accounts a
      set user_name = r.attributes ->> 'userName', email = rollcall_data.email_of(r.attributes),
        deprovisioned_at = case a.reason when 'deprovisioned' then coalesce(a.deprovisioned_at, a.modified_at) end
      from rollcall_data.resources r where r.tenant_id = a.tenant_id and r.id = a.resource_id`);
  await pool.query(`
    insert into rollcall_data.organization_members (tenant_id, organization_id, account_id)
      select a.tenant_id, o.id, a.id
      from rollcall_data.accounts a
      join rollcall_data.organizations o on o.tenant_id = a.tenant_id and o.is_default
      where a.active
      on conflict do nothing`);
  await pool.query(`
    delete from rollcall_data.organization_members m
      using rollcall_data.accounts a
      where a.tenant_id = m.tenant_id and a.id = m.account_id and not a.active`);
}
