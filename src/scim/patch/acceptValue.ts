/** From an operation's value to its canonical form, by what the operation points at (matrix B6a). */
import { invalidValue } from '../errors.ts';
import type { Target } from '../path/target.ts';
import { isObject } from '../resource/document.ts';
import type { Intake } from '../resource/intake.ts';
import { validateElement } from '../resource/validate.ts';
import { acceptOne, acceptValue, attributesIn } from '../resource/value.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { Extension } from '../schema/resourceType.ts';
import type { DocumentOperation, Operator } from './operation.ts';
import { listedForRemoval } from './tolerances.ts';

/**
 * @returns one operation; for a whole extension one for each of its attributes
 * @throws ScimError invalidValue for a value that is not of the target's type (B6.10)
 */
export function acceptPatchValue(
  op: Operator,
  target: Target,
  value: unknown,
  intake: Intake,
): DocumentOperation[] {
  if (target.kind === 'extension') return wholeExtension(op, target.extension, value, intake);
  const { attribute } = target;
  if (op === 'remove') {
    const whole = target.kind === 'attribute' && attribute.multiValued;
    const listed = whole ? listedForRemoval(attribute.name, value) : undefined;
    if (!listed) return [{ op, target, value: null }];
    const accepted = checked(attribute, acceptValue(attribute, listed, intake)) ?? [];
    return [{ op, target, value: null, listed: accepted as readonly unknown[] }];
  }
  return [{ op, target: inCanonicalForm(target, intake), value: valueFor(target, value, intake) }];
}

function valueFor(target: Exclude<Target, { kind: 'extension' }>, value: unknown, intake: Intake): unknown {
  const { attribute } = target;
  if (target.kind === 'attribute') {
    // RFC 7644 §3.5.2.1: the value to add to a multi-valued attribute may be one of its elements.
    const isOne = attribute.multiValued && !Array.isArray(value) && value !== null;
    const list = isOne && !intake.leniency.rules.needsList ? [value] : value;
    return checked(attribute, acceptValue(attribute, list, intake));
  }
  if (target.sub) return checked(target.sub, acceptValue(target.sub, value, intake));
  const element = acceptOne(attribute, Array.isArray(value) && value.length === 1 ? value[0] : value, intake);
  if (element !== null) validateElement(attribute, element);
  return element;
}

/** The element that the path's filter describes, as the schema spells it and with its types: `"True"` is a boolean. */
function inCanonicalForm(target: Target, intake: Intake): Target {
  if (target.kind !== 'elements' || !target.described) return target;
  // An element that is no object has nothing beside the value that would replace it.
  if (target.attribute.type !== 'complex') return { ...target, described: undefined };
  const described = acceptOne(target.attribute, target.described, intake);
  return { ...target, described: isObject(described) ? described : undefined };
}

function checked(attribute: Attribute, value: unknown): unknown {
  if (value === null) return null;
  if (!attribute.multiValued) validateElement(attribute, value);
  else if (Array.isArray(value)) for (const element of value) validateElement(attribute, element);
  else throw invalidValue(`The attribute "${attribute.path}" must be a list.`);
  return value;
}

function wholeExtension(
  op: Operator,
  extension: Extension,
  value: unknown,
  intake: Intake,
): DocumentOperation[] {
  const target: Target = { kind: 'extension', extension };
  if (op === 'remove' || value === null) return [{ op: 'remove', target, value: null }];
  const given = attributesIn(extension, value, intake);
  const operations: DocumentOperation[] = [];
  for (const attribute of op === 'replace' ? extension.attributes.values() : []) {
    // What is required cannot go, not even for the moment until its new value comes; what is immutable stays.
    const stays = attribute.required && given.some(([one]) => one === attribute);
    if (stays || attribute.mutability !== 'readWrite') continue;
    operations.push({ op: 'remove', target: { kind: 'attribute', attribute }, value: null });
  }
  for (const [attribute, part] of given) {
    operations.push(...acceptPatchValue('add', { kind: 'attribute', attribute }, part, intake));
  }
  return operations;
}
