/** Attributes that refer to resources by id, other than `members` and `groups`, which are rows. */
import type { Attribute } from './attribute.ts';
import type { ResourceType } from './resourceType.ts';
import { isMembers } from './storage.ts';

export interface ReferenceAttribute {
  readonly type: ResourceType;
  /** Complex, with the id as `value` and the URI as `$ref`, such as `manager`. */
  readonly attribute: Attribute;
}

/**
 * The attributes whose declaration says that they may refer to resources of the type named, and that may be without a
 * value: a required reference has to be mended by whoever declared it.
 */
export function referencesTo(types: readonly ResourceType[], name: string): readonly ReferenceAttribute[] {
  return types.flatMap((type) =>
    [type.attributes, ...[...type.extensions.values()].map(({ attributes }) => attributes)]
      .flatMap((attributes) => [...attributes.values()])
      .filter(
        (attribute) =>
          attribute.mutability !== 'readOnly' &&
          !attribute.required &&
          !isMembers(attribute) &&
          attribute.subAttributes.has('value') &&
          attribute.subAttributes.get('$ref')?.referenceTypes.includes(name),
      )
      .map((attribute) => ({ type, attribute })),
  );
}
