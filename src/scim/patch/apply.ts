/** Applying accepted operations to a document (RFC 7644 §3.5.2, matrix B6a). Pure; the document given is not changed. */
import { invalidFilter, mutability, noTarget, tooMany } from '../errors.ts';
import { pathOf } from '../path/target.ts';
import {
  type Document,
  equal,
  isObject,
  readAttribute,
  withKey,
  writeAttribute,
} from '../resource/document.ts';
import { assigned } from '../resource/value.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { Leniency } from '../tolerance.ts';
import { addElements, isWithoutValue, removeElements, withSub } from './elements.ts';
import type { DocumentOperation } from './operation.ts';
import { onlyPrimary } from './primary.ts';
import { selected } from './selected.ts';

/** Elements that the operations of one PATCH look at, all together. */
const MAX_LOOKED_AT = 1_000_000;

/**
 * Applies the operations in order; each sees the result of the one before (B6.02).
 * @throws ScimError mutability for the removal of what is required or the change of what is immutable, noTarget
 *   for a filter that selects nothing (strict mode), tooMany for what would take too long
 */
export function applyPatch(
  document: Document,
  operations: readonly DocumentOperation[],
  leniency: Leniency,
): Document {
  let looked = 0;
  return operations.reduce((current, operation) => {
    looked += sizeOf(current, operation);
    // B6.12: else a short request could keep the server busy for a long time.
    if (looked > MAX_LOOKED_AT) throw tooMany('This PATCH goes through too many values; do it in several.');
    return applyOne(current, operation, leniency);
  }, document);
}

/** How many elements an operation looks at. */
function sizeOf(document: Document, { target }: DocumentOperation): number {
  const list = target.kind === 'extension' ? undefined : readAttribute(document, target.attribute);
  return Array.isArray(list) ? list.length : 1;
}

function applyOne(document: Document, operation: DocumentOperation, leniency: Leniency): Document {
  const { target } = operation;
  if (target.kind === 'extension') {
    for (const attribute of target.extension.attributes.values()) {
      if (readAttribute(document, attribute) !== undefined) refuseRemovalOf(attribute);
    }
    return withKey(document, target.extension.id, undefined);
  }
  const { attribute } = target;
  const before = readAttribute(document, attribute);
  const after = attribute.multiValued
    ? listAfter(attribute, Array.isArray(before) ? before : [], operation, leniency)
    : singleAfter(attribute, before, operation, leniency);
  if (after === undefined && before !== undefined) refuseRemovalOf(attribute);
  // A4.04: immutable is what has a value once.
  if (attribute.mutability === 'immutable' && before !== undefined && !equal(before, after)) {
    throw mutability(`The attribute "${attribute.path}" is immutable.`);
  }
  return writeAttribute(document, attribute, after);
}

function singleAfter(
  attribute: Attribute,
  before: unknown,
  { op, target, value }: DocumentOperation,
  { rules }: Leniency,
): unknown {
  if (target.kind === 'sub') {
    const object = isObject(before) ? before : {};
    if (op === 'remove' || value === null) refuseRemovalOf(target.sub);
    return merged(object, { [target.sub.name]: op === 'remove' ? null : value });
  }
  if (op === 'remove' || value === null) return undefined;
  if (attribute.type !== 'complex') return value;
  // RFC 7644 §3.5.2.3: what is given is replaced or added, the other sub-attributes stay; but see C7.11 (D4-8).
  const stays = isObject(before) && !(op === 'replace' && rules.replacesWhole);
  return merged(stays ? before : {}, value as Document);
}

/** Undefined when nothing is left that has a value: a manager whose id is cleared is no manager (quirk 11). */
function merged(before: Document, value: Document): unknown {
  const after = assigned({ ...before, ...value });
  const isCleared = Object.values(value).includes(null) && isObject(after) && isWithoutValue(after);
  return isCleared ? undefined : (after ?? undefined);
}

function listAfter(
  attribute: Attribute,
  before: readonly unknown[],
  operation: DocumentOperation,
  leniency: Leniency,
): readonly unknown[] | undefined {
  const after = onlyPrimary(before, changedList(attribute, before, operation, leniency));
  return after.length > 0 ? after : undefined;
}

function changedList(
  attribute: Attribute,
  before: readonly unknown[],
  { op, target, value, listed }: DocumentOperation,
  leniency: Leniency,
): readonly unknown[] {
  switch (target.kind) {
    case 'sub':
      return subOfAll(before, target.sub, value, leniency);
    case 'elements': {
      const chosen = selected(attribute, before, target.filter);
      if (chosen.size > 1 && leniency.rules.selectsOne) {
        throw invalidFilter(`The filter on "${pathOf(target)}" selects ${chosen.size} values; select one.`);
      }
      if (op === 'remove' && !target.sub) return before.filter((_, index) => !chosen.has(index));
      if (chosen.size === 0) {
        // D4-9: removing what is not there succeeds.
        return op === 'remove' || value === null ? before : made(before, target, value, leniency);
      }
      return before.flatMap((element, index) =>
        chosen.has(index) ? changed(element, op, target.sub, value) : [element],
      );
    }
    default: {
      if (listed) return removeElements(attribute, before, listed);
      if (op === 'remove') return [];
      const elements = (value ?? []) as readonly unknown[];
      return op === 'add' ? addElements(attribute, before, elements) : elements;
    }
  }
}

function changed(
  element: unknown,
  op: DocumentOperation['op'],
  sub: Attribute | undefined,
  value: unknown,
): readonly unknown[] {
  if (sub) return withSub(element, sub, value);
  // B6a: replace puts the value in the element's place, add merges into it.
  const after =
    op === 'add' && isObject(element) && isObject(value)
      ? assigned({ ...element, ...value })
      : assigned(value);
  return after === null ? [] : [after];
}

/** `emails.type` without a filter: the sub-attribute of every element (D4-13). */
function subOfAll(
  before: readonly unknown[],
  sub: Attribute,
  value: unknown,
  leniency: Leniency,
): readonly unknown[] {
  if (before.length > 0 || value === null) return before.flatMap((element) => withSub(element, sub, value));
  if (!leniency.use('value-path-creates')) throw noTarget(`"${sub.path}" selects nothing.`);
  return withSub({}, sub, value);
}

/** The element that a filter describes, made because the filter selects nothing (quirk 7). */
function made(
  before: readonly unknown[],
  target: Extract<DocumentOperation['target'], { kind: 'elements' }>,
  value: unknown,
  leniency: Leniency,
): readonly unknown[] {
  if (!target.described || !leniency.use('value-path-creates')) {
    // RFC 7644 §3.5.2.3
    throw noTarget(`The filter on "${pathOf(target)}" selects nothing.`);
  }
  const element = target.sub
    ? { ...target.described, [target.sub.name]: value }
    : { ...target.described, ...(value as object) };
  const after = assigned(element);
  // As any other element: where it is there already, a request that is sent again must not bring it twice.
  return after === null ? before : addElements(target.attribute, before, [after]);
}

// B6.06
function refuseRemovalOf(attribute: Attribute): void {
  if (attribute.required)
    throw mutability(`The attribute "${attribute.path}" is required and cannot be removed.`);
}
