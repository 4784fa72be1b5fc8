/** Queries: of the resources of one type, or of several (RFC 7644 §3.4.2, RFC 9865). */
import { readFilter } from '../scim/filter/read.ts';
import type { Limits } from '../scim/filter/scan.ts';
import { type Cursor, openCursor, sealCursor, type Walk } from '../scim/list/cursor.ts';
import type { Position } from '../scim/list/listResponse.ts';
import type { Query } from '../scim/list/query.ts';
import { bindSort, unknownSort } from '../scim/list/sort.ts';
import { type Selection, selectAttributes } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Found, Listed, Part } from '../store/listResources.ts';
import type { ReadingContext } from './context.ts';
import { includeFor } from './include.ts';

export interface Result {
  readonly total: number;
  readonly items: readonly (Listed & { readonly selection: Selection })[];
  readonly position: Position;
}

/** What is listed. */
export interface Listing {
  /** Where the client asks; a cursor is good for that place only. */
  readonly endpoint: string;
  /** More than one for a query at the root (B4.03). */
  readonly types: readonly ResourceType[];
  /** Of the filter's text. */
  readonly limits?: Limits;
}

/**
 * @throws ScimError invalidFilter, invalidValue, invalidCursor, expiredCursor, invalidCount; a filter that cannot be
 *   answered is refused, it never widens
 */
export async function list(context: ReadingContext, listing: Listing, query: Query): Promise<Result> {
  const { directory, intake, now } = context;
  const selections = new Map(
    listing.types.map((type) => [
      type,
      selectAttributes(type, query.attributes, query.excludedAttributes, intake.leniency),
    ]),
  );
  const includes = [...selections].map(([type, selection]) => includeFor(type, selection));
  const include = {
    members: includes.some(({ members }) => members),
    groups: includes.some(({ groups }) => groups),
  };
  const parts = partsOf(context, listing, query);
  const shown = ({ total, items }: Found): Omit<Result, 'position'> => ({
    total,
    items: items.map((item) => ({ ...item, selection: selections.get(item.type) as Selection })),
  });

  const { count, startIndex } = query;
  if (query.cursor === undefined) {
    return {
      ...shown(await directory.list(parts, { startIndex, count }, include)),
      position: { startIndex },
    };
  }
  const walk: Walk = { owner: `${context.tenantId} ${context.tokenId}`, endpoint: listing.endpoint, query };
  const cursor = query.cursor === '' ? undefined : openCursor(context.sealer, walk, query.cursor, now());
  const found = await directory.list(parts, { cursor, count }, include);
  return { ...shown(found), position: positionOf(context, walk, cursor, found) };
}

function partsOf({ intake }: ReadingContext, { types, limits }: Listing, query: Query): Part[] {
  const { leniency } = intake;
  const unknown = types.length > 1 ? 'absent' : 'refuse';
  const { filter, sortBy, descending } = query;
  const parts = types.map((type) => ({
    type,
    filter:
      filter === undefined
        ? undefined
        : readFilter(type, filter, leniency, { unknown, ...(limits && { limits }) }),
    sort: sortBy === undefined ? undefined : bindSort(type, sortBy, descending, leniency),
  }));
  if (sortBy !== undefined && parts.every(({ sort }) => sort === undefined))
    throw unknownSort(types, sortBy, leniency);
  return parts;
}

/** The cursors to the pages beside one: none before the first (C1.03), none after the last. */
function positionOf(
  { sealer, now }: ReadingContext,
  walk: Walk,
  cursor: Cursor | undefined,
  { items, more }: Found,
): Position {
  const first = items[0];
  const last = items.at(-1);
  const backward = cursor?.direction === 'before';
  const hasNext = backward || more;
  const hasPrevious = backward ? more : cursor !== undefined;
  const seal = (direction: Cursor['direction'], item: Listed | undefined): string | undefined =>
    item && sealCursor(sealer, walk, { direction, place: item.place }, now());
  return {
    nextCursor: hasNext ? seal('after', last) : undefined,
    previousCursor: hasPrevious ? seal('before', first) : undefined,
  };
}
