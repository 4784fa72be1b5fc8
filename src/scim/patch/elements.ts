/** Elements of multi-valued attributes: when two are the same, and what adding and removing them gives. */
import { comparable } from '../filter/comparable.ts';
import { type Document, isObject, withKey } from '../resource/document.ts';
import type { Attribute } from '../schema/attribute.ts';

/** Sub-attributes that say something about a value; an element that has no other is left without a value. */
const ABOUT: ReadonlySet<string> = new Set(['type', 'primary', 'display', '$ref']);

/**
 * The list with elements added. An element is known by its value and type (D4-12): one that is there already is
 * not added again (B6.08), its other sub-attributes take the values given. Elements without `value` are known as
 * a whole.
 */
export function addElements(
  attribute: Attribute,
  before: readonly unknown[],
  added: readonly unknown[],
): readonly unknown[] {
  const after = [...before];
  const places = new Map(before.map((element, index) => [identityOf(attribute, element), index]));
  for (const element of added) {
    const identity = identityOf(attribute, element);
    const place = places.get(identity);
    if (place === undefined) {
      places.set(identity, after.push(element) - 1);
    } else if (isObject(element) && isObject(after[place])) {
      after[place] = { ...after[place], ...element };
    }
  }
  return after;
}

/**
 * The list without the elements listed: those that have the same values in every sub-attribute that is given, or in
 * value and type where a value is given. One given by `value` alone stands for that value in any type.
 */
export function removeElements(
  attribute: Attribute,
  before: readonly unknown[],
  listed: readonly unknown[],
): readonly unknown[] {
  // By the names of the sub-attributes that count, so that long lists are looked through once for each.
  const removed = new Map<string, { readonly names: readonly string[]; readonly keys: Set<string> }>();
  for (const element of listed) {
    const names = namesIn(element);
    // An object that says nothing is not every element.
    if (isObject(element) && names.length === 0) continue;
    const signature = names.join(' ');
    const group = removed.get(signature) ?? { names, keys: new Set() };
    removed.set(signature, group);
    group.keys.add(keyBy(attribute, names, element));
  }
  return before.filter((element) =>
    [...removed.values()].every(({ names, keys }) => !keys.has(keyBy(attribute, names, element))),
  );
}

function namesIn(element: unknown): readonly string[] {
  if (!isObject(element)) return [];
  if (element['value'] === undefined) return Object.keys(element).sort();
  return ['value', 'type'].filter((name) => element[name] !== undefined);
}

/** What two elements have in common that are the same in the sub-attributes named, or as a whole if none is. */
function keyBy(attribute: Attribute, names: readonly string[], element: unknown): string {
  if (!isObject(element)) return JSON.stringify(comparable(attribute, element) ?? element);
  return JSON.stringify(
    names.map((name) => {
      const sub = attribute.subAttributes.get(name.toLowerCase());
      return (sub && comparable(sub, element[name])) ?? element[name];
    }),
  );
}

/**
 * The element with a sub-attribute set, or cleared where the value is null. An element of which nothing but its
 * type and the like is left goes: it has no value any more.
 */
export function withSub(element: unknown, sub: Attribute, value: unknown): readonly unknown[] {
  const after = withKey(isObject(element) ? element : {}, sub.name, value ?? undefined);
  return value === null && isWithoutValue(after) ? [] : [after];
}

/** Whether nothing is left but what says something about a value. */
export function isWithoutValue(element: Document): boolean {
  return Object.keys(element).every((key) => ABOUT.has(key));
}

function identityOf(attribute: Attribute, element: unknown): string {
  if (!isObject(element)) return JSON.stringify(comparable(attribute, element));
  const value = attribute.subAttributes.get('value');
  if (!value || element['value'] === undefined) {
    const names = Object.keys(element).sort();
    return `${names.join(' ')} ${keyBy(attribute, names, element)}`;
  }
  const type = attribute.subAttributes.get('type');
  return JSON.stringify([comparable(value, element['value']), type && comparable(type, element['type'])]);
}
