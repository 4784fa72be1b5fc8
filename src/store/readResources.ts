/** Reading one resource by its id. */
import { sql } from 'kysely';
import type { Resource } from '../scim/resource/resource.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { type Include, keyOfRelations, related, type Relations } from './relations.ts';
import { toResource } from './row.ts';
import { shaped, statement } from './statement.ts';
import { run, type TenantScope } from './tenantScope.ts';
import { uuidOf } from './where/uuid.ts';

/** One tenant's data: a query builder that refuses to leave the tenant, and the types of its resources. */
export interface Scope extends TenantScope {
  readonly byName: ReadonlyMap<string, ResourceType>;
  /** Larger groups are read without their members, see writeMembers.ts; left out where all are read with their groups. */
  readonly mostMembers?: number | undefined;
}

/** What of a resource's row makes the resource. */
export const RESOURCE_COLUMNS = [
  'r.id',
  'r.type',
  'r.attributes',
  'r.version',
  'r.created_at',
  'r.modified_at',
] as const;

/** Whether what is read beside a resource is bounded: a group can have very many members. */
export const isShort = ({ members, most }: Relations): boolean => !members || most !== undefined;

interface ById {
  readonly id: string;
  readonly type: string;
}

const byId = shaped(keyOfRelations, (relations: Relations) =>
  statement<ById, Parameters<typeof toResource>[0]>(
    ({ db, tenantId, slot }) =>
      db
        .selectFrom('rollcall_data.resources as r')
        .where('r.tenant_id', '=', tenantId)
        .where('r.id', '=', slot('id'))
        .where('r.type', '=', slot('type'))
        .where('r.deleted_at', 'is', null)
        .select(RESOURCE_COLUMNS)
        .select(related(tenantId, relations)),
    { keyed: isShort(relations) },
  ),
);

/** @returns undefined when there is no living resource of that type and id; any text may be given as id (B3.02) */
export async function findResource(
  scope: Scope,
  type: ResourceType,
  id: string,
  include: Include,
): Promise<Resource | undefined> {
  const uuid = uuidOf(id);
  if (!uuid) return undefined;
  const most = scope.mostMembers;
  const [row] = await run(scope, byId({ ...include, most }), { id: uuid, type: type.name });
  return row && toResource(row, scope.byName, most);
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
