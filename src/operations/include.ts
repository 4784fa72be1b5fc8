import { type Selection, selects } from '../scim/resource/selection.ts';
import type { ResourceType } from '../scim/schema/resourceType.ts';
import { isGroups, isMembers } from '../scim/schema/storage.ts';
import type { Include } from '../store/relations.ts';

/** Which relations an answer shows. Those it does not show are not read: `excludedAttributes=members` costs nothing. */
export function includeFor(type: ResourceType, selection: Selection): Include {
  const attributes = [...type.attributes.values()];
  return {
    members: attributes.some((attribute) => isMembers(attribute) && selects(selection, attribute)),
    groups: attributes.some((attribute) => isGroups(attribute) && selects(selection, attribute)),
  };
}
