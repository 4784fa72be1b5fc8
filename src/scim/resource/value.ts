/** Values as clients send them, brought to canonical form. */
import { invalidSyntax, invalidValue } from '../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { Extension } from '../schema/resourceType.ts';
import { isDiscarded } from '../schema/storage.ts';
import type { Intake } from './intake.ts';
import { isObject } from './document.ts';
import { complexOf, firstPrimary, listOf, simpleOf, singleOf, subAttributeFor } from './tolerances.ts';

/**
 * The value in canonical form: names as in the schema, tolerances applied, readOnly sub-attributes left out,
 * undeclared ones noted and left out. `null` stands for unassigned and is kept inside complex values, where a
 * PATCH means by it that the sub-attribute is cleared. Values of the wrong type are left as they are, for
 * validation to refuse.
 */
export function acceptValue(attribute: Attribute, value: unknown, intake: Intake): unknown {
  if (value === null || value === undefined) return null;
  if (!attribute.multiValued) return acceptOne(attribute, singleOf(value, intake.leniency), intake);
  const list = listOf(value, intake.leniency);
  if (!Array.isArray(list)) return list;
  const elements = list
    .map((element: unknown) => assignedOf(attribute, acceptOne(attribute, element, intake)))
    .filter((element) => element !== null);
  // RFC 7643 §2.5: the empty list is the same as no value.
  return elements.length === 0 ? null : firstPrimary(attribute, elements, intake.leniency);
}

/** One element of a multi-valued attribute, or the value of a singular one, in canonical form. */
export function acceptOne(attribute: Attribute, value: unknown, intake: Intake): unknown {
  if (value === null || value === undefined) return null;
  if (attribute.type !== 'complex') return simpleOf(attribute, value, intake.leniency);
  const object = complexOf(attribute, value, intake.leniency);
  if (!isObject(object)) return object;
  const accepted: Record<string, unknown> = {};
  for (const [name, subValue] of uniqueKeys(object)) {
    const sub = subAttributeFor(attribute, name.toLowerCase(), intake.leniency);
    if (!sub) intake.undeclared(`${attribute.path}.${name}`, subValue, 'attribute');
    else if (sub.mutability !== 'readOnly') accepted[sub.name] = acceptValue(sub, subValue, intake);
  }
  return accepted;
}

/**
 * The value without the `null`s that stand for unassigned; `null` when nothing is left, as a complex value whose
 * sub-attributes are all unassigned is unassigned itself (A5.07).
 */
export function assigned(value: unknown): unknown {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, sub]) => sub !== null);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** The same for an attribute's value; an object where none belongs is left for validation to refuse. */
export function assignedOf(attribute: Attribute, value: unknown): unknown {
  return attribute.type === 'complex' ? assigned(value) : value;
}

/** @throws ScimError invalidSyntax when two keys differ only in case (A1.14) */
export function uniqueKeys(object: Record<string, unknown>): readonly [string, unknown][] {
  const entries = Object.entries(object);
  const seen = new Set<string>();
  for (const [name] of entries) {
    const key = name.toLowerCase();
    if (seen.has(key)) throw invalidSyntax(`The attribute "${name}" is given twice.`);
    seen.add(key);
  }
  return entries;
}

/**
 * The attributes in an extension's container with their values; readOnly ones are left out, undeclared ones noted.
 * @throws ScimError invalidValue when the container is no object
 */
export function attributesIn(
  extension: Extension,
  container: unknown,
  intake: Intake,
): [Attribute, unknown][] {
  if (!isObject(container)) throw invalidValue(`The extension "${extension.id}" must be an object.`);
  const found: [Attribute, unknown][] = [];
  for (const [name, value] of uniqueKeys(container)) {
    const attribute = extension.attributes.get(name.toLowerCase());
    if (!attribute) intake.undeclared(`${extension.id}:${name}`, value, 'attribute');
    else if (attribute.mutability !== 'readOnly' && !isDiscarded(attribute)) found.push([attribute, value]);
  }
  return found;
}
