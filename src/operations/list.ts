/** GET of the resources of a type (RFC 7644 §3.4.2). */
import { readFilter } from '../scim/filter/read.ts';
import type { Query } from '../scim/list/query.ts';
import type { Selection } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { Found } from '../store/readResources.ts';
import type { Context } from './context.ts';
import { includeFor } from './include.ts';

/** @throws ScimError invalidFilter; a filter that cannot be answered is refused, it never widens */
export function list(
  { directory, intake }: Context,
  type: ResourceType,
  query: Query,
  selection: Selection,
): Promise<Found> {
  const filter = query.filter === undefined ? undefined : readFilter(type, query.filter, intake.leniency);
  return directory.list(type, filter, query, includeFor(type, selection));
}
