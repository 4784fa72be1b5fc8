import { conflict, type ScimError } from '../scim/errors.ts';
import type { TenantScope } from './tenantScope.ts';

const TABLES = {
  account: 'rollcall_data.accounts',
  organization: 'rollcall_data.organizations',
} as const;

/** What to say to somebody who wants an applicationId that another one has. */
export async function applicationIdTaken(
  { db, tenantId }: TenantScope,
  what: keyof typeof TABLES,
  applicationId: string | null,
): Promise<ScimError> {
  const owner = await db
    .selectFrom(TABLES[what])
    .where('tenant_id', '=', tenantId)
    .where('application_id', '=', applicationId)
    .select('id')
    .executeTakeFirst();
  const whose = owner === undefined ? `another ${what}` : `${what} ${owner.id}`;
  return conflict(
    `The applicationId ${JSON.stringify(applicationId)} belongs to ${whose}: take it from there first, or choose another.`,
  );
}
