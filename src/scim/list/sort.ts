/** By what a list is sorted (RFC 7644 §3.4.2.3). */
import { invalidFilter, invalidValue } from '../errors.ts';
import type { Field } from '../filter/bound.ts';
import { isUnsynchronised, resolve } from '../schema/resolve.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { storageOf } from '../schema/storage.ts';
import type { Leniency } from '../tolerance.ts';

export interface Sort {
  readonly field: Field;
  readonly descending: boolean;
}

/**
 * @returns undefined when the type has no such attribute
 * @throws ScimError invalidValue for an attribute that has no order
 */
export function bindSort(
  type: ResourceType,
  sortBy: string,
  descending: boolean,
  leniency: Leniency,
): Sort | undefined {
  const resolved = resolve(type, sortBy.trim(), leniency);
  if (resolved?.kind !== 'attribute') return undefined;
  const { attribute } = resolved;
  // B4.30: a complex attribute is sorted by its value.
  const sub =
    resolved.sub ?? (attribute.type === 'complex' ? attribute.subAttributes.get('value') : undefined);
  const leaf = sub ?? attribute;
  const storage = storageOf(type, attribute, sub);
  const hasNoOrder = leaf.type === 'complex' || leaf.returned === 'never' || leaf.mutability === 'writeOnly';
  if (!storage || hasNoOrder || ['schemas', 'members', 'groups'].includes(storage)) {
    throw invalidValue(`A list cannot be sorted by "${sortBy}".`);
  }
  return { field: { storage, attribute, sub }, descending };
}

/** The refusal of a name that no type of the list has (D4-48). */
export function unknownSort(types: readonly ResourceType[], sortBy: string, leniency: Leniency): Error {
  if (types.some((type) => isUnsynchronised(type, sortBy.trim(), leniency))) {
    return invalidFilter(
      `The attribute "${sortBy.trim()}" is not synchronised for this tenant; sort by another one, or have it synchronised.`,
    );
  }
  return invalidValue(`There is no attribute "${sortBy.slice(0, 80)}" to sort by.`);
}
