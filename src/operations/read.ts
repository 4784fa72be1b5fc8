/** GET of one resource (RFC 7644 §3.4.1). */
import type { Resource } from '../scim/resource/resource.ts';
import type { Selection } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import type { ReadingContext } from './context.ts';
import { includeFor } from './include.ts';
import { noSuch } from './noSuch.ts';

/**
 * Of a large group without its members, see Resource.
 * @throws ScimError notFound
 */
export async function read(
  { directory }: ReadingContext,
  type: ResourceType,
  id: string,
  selection: Selection,
): Promise<Resource> {
  const resource = await directory.find(type, id, includeFor(type, selection));
  if (!resource) throw noSuch(type, id);
  return resource;
}
