/** Reading resources: one by id, or a page of those that match a filter. */
import { type Kysely, sql } from 'kysely';
import type { BoundFilter } from '../scim/filter/bound.ts';
import type { Resource } from '../scim/resource/resource.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { groupsOf, type Include, membersOf } from './relations.ts';
import { toResource } from './row.ts';
import type { Database } from './tables.ts';
import { compileWhere } from './where.ts';
import { uuidOf } from './where/uuid.ts';

export interface Page {
  /** 1-based (RFC 7644 §3.4.2.4). */
  readonly startIndex: number;
  /** How many at most; 0 asks for the total alone. */
  readonly count: number;
}

export interface Found {
  /** Of all matches, exact. */
  readonly total: number;
  readonly resources: readonly Resource[];
}

/** One tenant's data: a query builder that refuses to leave the tenant, and the types of its resources. */
export interface Scope {
  readonly db: Kysely<Database>;
  readonly tenantId: string;
  readonly byName: ReadonlyMap<string, ResourceType>;
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
  const row = await scope.db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', scope.tenantId)
    .where('r.id', '=', uuid)
    .where('r.type', '=', type.name)
    .where('r.deleted_at', 'is', null)
    .select(['r.id', 'r.attributes', 'r.version', 'r.created_at', 'r.modified_at'])
    .select([
      membersOf(scope.tenantId, include.members).as('members'),
      groupsOf(scope.tenantId, include.groups).as('groups'),
    ])
    .executeTakeFirst();
  return row && toResource(row, scope.byName);
}

/**
 * A page in the order of insertion, and the total, from one snapshot.
 * @param filter undefined for all
 */
export async function listResources(
  scope: Scope,
  type: ResourceType,
  filter: BoundFilter | undefined,
  page: Page,
  include: Include,
): Promise<Found> {
  const { db, tenantId } = scope;
  let matching = db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.type', '=', type.name)
    .where('r.deleted_at', 'is', null);
  if (filter) matching = matching.where(compileWhere(tenantId, type, filter));
  const total = matching.select(sql<string>`count(*)`.as('total'));
  if (page.count === 0) {
    const { total: counted } = await total.executeTakeFirstOrThrow();
    return { total: Number(counted), resources: [] };
  }
  const rows = matching
    .select(['r.id', 'r.attributes', 'r.version', 'r.created_at', 'r.modified_at', 'r.seq'])
    .select([
      membersOf(tenantId, include.members).as('members'),
      groupsOf(tenantId, include.groups).as('groups'),
    ])
    .orderBy('r.seq')
    .offset(page.startIndex - 1)
    .limit(page.count);
  // The total stands beside each row of the page, and alone when the page is empty.
  const found = await db
    .selectFrom(total.as('t'))
    .leftJoin(rows.as('p'), (on) => on.onTrue())
    .orderBy('p.seq')
    .selectAll()
    .execute();
  const resources = found.flatMap((row) =>
    row.id === null ? [] : [toResource(row as Parameters<typeof toResource>[0], scope.byName)],
  );
  return { total: Number(found[0]?.total ?? 0), resources };
}
