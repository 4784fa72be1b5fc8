/** Reading one resource by its id. */
import { type Kysely, sql } from 'kysely';
import type { Resource } from '../scim/resource/resource.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { groupsOf, type Include, membersOf } from './relations.ts';
import { toResource } from './row.ts';
import type { Database } from './tables.ts';
import { uuidOf } from './where/uuid.ts';

/** One tenant's data: a query builder that refuses to leave the tenant, and the types of its resources. */
export interface Scope {
  readonly db: Kysely<Database>;
  readonly tenantId: string;
  readonly byName: ReadonlyMap<string, ResourceType>;
}

/** The row of a living resource, as `r`, for whatever is to be read of it. */
export function livingResource({ db, tenantId }: Scope, type: ResourceType, uuid: string) {
  return db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.id', '=', uuid)
    .where('r.type', '=', type.name)
    .where('r.deleted_at', 'is', null)
    .select(['r.id', 'r.type', 'r.attributes', 'r.version', 'r.created_at', 'r.modified_at']);
}

/** @returns undefined when there is no living resource of that type and id; any text may be given as id (B3.02) */
export async function findResource(
  scope: Scope,
  type: ResourceType,
  id: string,
  include: Include,
): Promise<Resource | undefined> {
  const uuid = uuidOf(id);
  if (!uuid) return undefined;
  const row = await livingResource(scope, type, uuid)
    .select([
      membersOf(scope.tenantId, include.members).as('members'),
      groupsOf(scope.tenantId, include.groups).as('groups'),
    ])
    .executeTakeFirst();
  return row && toResource(row, scope.byName);
}

/** Living resources of some types in the order of their ids, `limit` at most, from beyond an id on. */
export function nextIds(
  { db, tenantId }: Scope,
  types: readonly ResourceType[],
  after: string | null,
  limit: number,
): Promise<readonly { readonly id: string; readonly type: string }[]> {
  const names = types.map(({ name }) => name);
  const living = db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.type', '=', sql<string>`any(${names}::text[])`)
    .where('r.deleted_at', 'is', null)
    .orderBy('r.id')
    .limit(limit)
    .select(['r.id', 'r.type']);
  return (after === null ? living : living.where('r.id', '>', after)).execute();
}
