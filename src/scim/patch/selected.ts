/** Which elements a value path selects. */
import type { BoundFilter, Field, Operand } from '../filter/bound.ts';
import { comparable } from '../filter/comparable.ts';
import { matches } from '../filter/match.ts';
import { isObject } from '../resource/document.ts';
import type { Attribute } from '../schema/attribute.ts';

/** The positions of the elements for which the filter is true. */
export function selected(
  attribute: Attribute,
  elements: readonly unknown[],
  filter: BoundFilter,
): ReadonlySet<number> {
  const chosen = new Set<number>();
  elements.forEach((element, index) => {
    if (matches(filter, valuesIn(attribute, element), () => [])) chosen.add(index);
  });
  return chosen;
}

function valuesIn(attribute: Attribute, element: unknown): (field: Field) => readonly Operand[] {
  return ({ sub }) => {
    const value = sub ? (isObject(element) ? element[sub.name] : undefined) : element;
    const list = Array.isArray(value) ? value : [value];
    return list.map((one: unknown) => comparable(sub ?? attribute, one)).filter((one) => one !== undefined);
  };
}
