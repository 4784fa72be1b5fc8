import { conflict } from '../scim/errors.ts';
import { fold } from '../scim/schema/fold.ts';
import { applicationIdTaken } from './applicationIdTaken.ts';
import { translate, UniqueViolation } from './errors.ts';
import { type Origin, originColumns } from './origin.ts';
import type { TenantScope } from './tenantScope.ts';

export interface NewOrganization {
  readonly id: string;
  readonly name: string;
  readonly applicationId: string | null;
}

/**
 * Makes an organization that no group leads to yet; a group of its name will adopt it.
 *
 * @throws ScimError 409 naming the one that has the name or the applicationId
 */
export async function makeOrganization(
  scope: TenantScope,
  { id, name, applicationId }: NewOrganization,
  origin: Origin,
): Promise<void> {
  const { db, tenantId } = scope;
  try {
    await db
      .with('made', (qb) =>
        qb.insertInto('rollcall_data.organizations').values({
          tenant_id: tenantId,
          id,
          name,
          key: fold(name),
          application_id: applicationId,
          archived_at: null,
          created_at: origin.at,
          modified_at: origin.at,
        }),
      )
      .insertInto('rollcall_data.changes')
      .values({
        tenant_id: tenantId,
        ...originColumns(origin),
        kind: 'organization.created',
        resource_type: null,
        resource_id: null,
        account_id: null,
        version: null,
        organization_id: id,
        after: JSON.stringify({ name }),
      })
      .execute();
  } catch (thrown) {
    const error = translate(thrown, 'write');
    if (!(error instanceof UniqueViolation)) throw error;
    if (error.constraint === 'organizations_application_id')
      throw await applicationIdTaken(scope, 'organization', applicationId);
    throw await nameTaken(scope, name);
  }
}

async function nameTaken({ db, tenantId }: TenantScope, name: string): Promise<Error> {
  const owner = await db
    .selectFrom('rollcall_data.organizations as o')
    .where('o.tenant_id', '=', tenantId)
    .where('o.key', '=', fold(name))
    .where('o.is_default', '=', false)
    .select('o.id')
    .executeTakeFirst();
  const whose = owner === undefined ? 'another organization' : `organization ${owner.id}`;
  return conflict(
    `The name ${JSON.stringify(name)} belongs to ${whose}: link groups to that one, or choose another.`,
  );
}
