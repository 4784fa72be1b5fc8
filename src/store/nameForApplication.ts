import { applicationIdTaken } from './applicationIdTaken.ts';
import { translate, UniqueViolation } from './errors.ts';
import type { TenantScope } from './tenantScope.ts';
import { uuidOf } from './where/uuid.ts';

const TABLES = {
  account: 'rollcall_data.accounts',
  organization: 'rollcall_data.organizations',
} as const;

/**
 * Notes what the application itself calls an account or organization; null where it calls it nothing any more.
 *
 * @returns whether there is such a one; any text may be given as id
 * @throws ScimError 409 naming the one that is called so already
 */
export async function nameForApplication(
  { db, tenantId }: TenantScope,
  what: keyof typeof TABLES,
  id: string,
  applicationId: string | null,
): Promise<boolean> {
  const uuid = uuidOf(id);
  if (uuid === undefined) return false;
  const table = TABLES[what];
  try {
    const { numUpdatedRows } = await db
      .updateTable(table)
      .set({ application_id: applicationId })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', uuid)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  } catch (thrown) {
    const error = translate(thrown, 'write');
    if (!(error instanceof UniqueViolation)) throw error;
    throw await applicationIdTaken({ db, tenantId }, what, applicationId);
  }
}
