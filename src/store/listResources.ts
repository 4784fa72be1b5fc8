/** Reading a page of the resources that match a filter, and how many match. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { BoundFilter } from '../scim/filter/bound.ts';
import type { Cursor, Place } from '../scim/list/cursor.ts';
import { DEFAULT_COUNT } from '../scim/list/query.ts';
import type { Sort } from '../scim/list/sort.ts';
import type { Resource } from '../scim/resource/resource.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { findByKey, keyIn } from './findByKey.ts';
import { beyond, orderBy, orderOf, placeValue } from './order.ts';
import { RESOURCE_COLUMNS, type Scope } from './readResources.ts';
import { type Include, related, type Relations } from './relations.ts';
import { toResource } from './row.ts';
import type { Walks } from './walks.ts';
import { compileWhere } from './where.ts';
import { join } from './where/condition.ts';

/** Members that are read with each group even of the longest page. */
const FEWEST = 50;

/** A resource type in a list: what of it matches, and by what it is sorted. */
export interface Part {
  readonly type: ResourceType;
  /** Undefined for all. */
  readonly filter: BoundFilter | undefined;
  /** Undefined for the order of insertion, or where the type has no such attribute. */
  readonly sort: Sort | undefined;
}

/** Which resources of the list: so many from an index on (1-based), or so many beyond a place. */
export type Page =
  | { readonly startIndex: number; readonly count: number }
  | { readonly cursor: Cursor | undefined; readonly count: number };

export interface Listed {
  readonly resource: Resource;
  readonly type: ResourceType;
  readonly place: Place;
}

export interface Found {
  /** Of all matches, exact. */
  readonly total: number;
  /** In the order of the list. */
  readonly items: readonly Listed[];
  /** Whether the list goes on beyond the page, in the direction of its cursor; known for cursors only. */
  readonly more: boolean;
}

type Row = Parameters<typeof toResource>[0] & {
  readonly seq: string;
  readonly place: string | null;
  readonly type: string;
};

/**
 * A page and the total, from one snapshot.
 * @param parts more than one for a list over several resource types (B4.03)
 */
export async function listResources(
  scope: Scope,
  walks: Walks,
  parts: readonly Part[],
  page: Page,
  include: Include,
): Promise<Found> {
  const { db, tenantId } = scope;
  const relations = { ...include, most: mostOf(scope, page) };
  const byKey = await lookUp(scope, parts, page, relations);
  if (byKey) return byKey;
  const matching = db
    .selectFrom('rollcall_data.resources as r')
    .where('r.tenant_id', '=', tenantId)
    .where('r.deleted_at', 'is', null)
    .where(matches(tenantId, parts));
  const total = matching.select(sql<string>`count(*)`.as('total'));
  if (page.count === 0) {
    const { total: counted } = await total.executeTakeFirstOrThrow();
    return { total: Number(counted), items: [], more: false };
  }

  const order = orderOf(new Map(parts.map(({ type, sort }) => [type.name, sort])));
  const list = (): unknown => {
    const { sql: text, parameters } = matching.compile();
    return [text, parameters, parts.map(({ sort }) => sortName(sort)), order.descending];
  };
  const walked =
    'startIndex' in page && page.startIndex > 1 ? walks.find(list(), page.startIndex) : undefined;
  const cursor =
    'startIndex' in page ? walked && ({ direction: 'after', place: walked } as const) : page.cursor;
  const backward = cursor?.direction === 'before';

  // What is shown of relations is read for the rows of the page alone, not for those that an offset passes over.
  let chosen = matching
    .select([...RESOURCE_COLUMNS, 'r.seq'])
    .select([
      placeValue(order).as('place'),
      sql<string>`row_number() over (order by ${orderBy(order, backward)})`.as('position'),
    ])
    .orderBy(orderBy(order, backward));
  if (cursor) chosen = chosen.where(beyond(order, cursor));
  else if ('startIndex' in page) chosen = chosen.offset(page.startIndex - 1);
  // One more than asked for tells whether there is another page (D4-52).
  chosen = chosen.limit('startIndex' in page ? page.count : page.count + 1);
  const rows = db.selectFrom(chosen.as('r')).selectAll('r').select(related(tenantId, relations));

  // The total stands beside each row of the page, and alone when the page is empty.
  const found = await db
    .selectFrom(total.as('t'))
    .leftJoin(rows.as('p'), (on) => on.onTrue())
    .orderBy('p.position')
    .selectAll()
    .execute();
  const read = found.flatMap((row) =>
    row.id === null ? [] : [listed(row as unknown as Row, scope, relations.most)],
  );
  const more = read.length > page.count;
  const items = read.slice(0, page.count);
  if (backward) items.reverse();
  const last = items.at(-1);
  if ('startIndex' in page && last && items.length === page.count) {
    walks.remember(list(), page.startIndex + items.length, last.place);
  }
  return { total: Number(found[0]?.total ?? 0), items, more };
}

/** How many members are read with each group of a page: the more groups, the fewer. */
function mostOf({ mostMembers }: Scope, { count }: Page): number | undefined {
  return mostMembers !== undefined && count > DEFAULT_COUNT ? Math.min(mostMembers, FEWEST) : mostMembers;
}

/** A query that names one resource by a key; undefined for any other. */
async function lookUp(
  scope: Scope,
  [part, ...others]: readonly Part[],
  page: Page,
  relations: Relations,
): Promise<Found | undefined> {
  if (!part?.filter || part.sort || others.length > 0 || page.count === 0) return undefined;
  if (!('startIndex' in page) || page.startIndex > 1) return undefined;
  const key = keyIn(part.filter);
  const found = key && (await findByKey(scope, part.type, key, page.count, relations));
  if (!found) return undefined;
  const items = found.items.map(({ resource, seq }) => ({
    resource,
    type: part.type,
    place: { value: null, seq },
  }));
  return { total: found.total, items, more: false };
}

function matches(tenantId: string, parts: readonly Part[]): RawBuilder<SqlBool> {
  const conditions = parts.map(({ type, filter }) => {
    const ofType = sql<SqlBool>`${sql.ref('r.type')} = ${type.name}`;
    return filter ? join([ofType, compileWhere(tenantId, type, filter)], 'and') : ofType;
  });
  const [only] = conditions;
  return conditions.length === 1 && only ? only : join(conditions, 'or');
}

function sortName(sort: Sort | undefined): string | undefined {
  return sort && (sort.field.sub ?? sort.field.attribute).path;
}

function listed(row: Row, scope: Scope, most: number | undefined): Listed {
  const type = scope.byName.get(row.type);
  if (!type) throw new Error(`resource ${row.id} is of the type ${row.type}, which is not defined`);
  return { resource: toResource(row, scope.byName, most), type, place: { value: row.place, seq: row.seq } };
}
