/** From a filter as written to one bound to a resource type: names resolved, operands typed, storage known. */
import { invalidFilter } from '../errors.ts';
import type { Attribute } from '../schema/attribute.ts';
import { isUnsynchronised, resolve } from '../schema/resolve.ts';
import type { ResourceType } from '../schema/resourceType.ts';
import { storageOf } from '../schema/storage.ts';
import { createLeniency, type Leniency } from '../tolerance.ts';
import { type BoundFilter, type Field, leaf } from './bound.ts';
import { checkOperator, isSubstring, operandFor } from './operand.ts';
import type { Filter } from './parse.ts';

/** Over several types an attribute goes by its full name: a short one could mean one thing here and another there. */
const NO_LENIENCY = createLeniency('strict');

/** What an attribute that the type does not have means: over several types, that it has no value (B4.03). */
export type Unknown = 'refuse' | 'absent';

/**
 * @throws ScimError invalidFilter naming the attribute: an attribute that is not declared (B4.13), that may
 *   not be asked about (B4.19), or an operator or value that does not fit its type (B4b). A filter never widens.
 */
export function bindFilter(
  type: ResourceType,
  filter: Filter,
  leniency: Leniency,
  unknown: Unknown = 'refuse',
): BoundFilter {
  const byPath = (path: string): Field => fieldOf(type, path, leniency);
  const bind = (node: Filter): BoundFilter => {
    if (unknown === 'absent' && 'path' in node && !isKnown(type, node.path)) return ofNoValue(node);
    if (node.kind !== 'element') return bindWith(node, byPath, bind, leniency);
    const field = byPath(node.path);
    const isList = field.attribute.multiValued || field.attribute.type === 'complex';
    if (field.sub || !isList)
      throw invalidFilter(`"${node.path}" has no elements to select by a filter in brackets.`);
    return { kind: 'element', field, filter: bindElementFilter(field, node.filter, leniency) };
  };
  return bind(filter);
}

/**
 * Binds the filter inside brackets: its names are sub-attributes of `field`, its conditions are about one element.
 * @throws ScimError invalidFilter as bindFilter does
 */
export function bindElementFilter(field: Field, filter: Filter, leniency: Leniency): BoundFilter {
  const { attribute, storage } = field;
  const bySub = (path: string): Field => {
    const sub = attribute.subAttributes.get(path.toLowerCase());
    // RFC 7644 erratum 7122: the element of a simple multi-valued attribute goes by the name `value`.
    if (!sub && attribute.type !== 'complex' && path.toLowerCase() === 'value') {
      return { storage, attribute, sub: undefined };
    }
    if (!sub) throw invalidFilter(`The attribute "${attribute.path}" has no sub-attribute "${path}".`);
    return { storage, attribute, sub };
  };
  const bind = (node: Filter): BoundFilter => {
    if (node.kind === 'element') throw invalidFilter('A filter in brackets cannot hold another one.');
    return bindWith(node, bySub, bind, leniency);
  };
  return bind(filter);
}

function isKnown(type: ResourceType, path: string): boolean {
  return resolve(type, path, NO_LENIENCY) !== undefined;
}

// B4.20: no value is not equal to any.
function ofNoValue(node: Extract<Filter, { path: string }>): BoundFilter {
  if (node.kind !== 'compare') return { kind: 'constant', value: false };
  return {
    kind: 'constant',
    value: node.operator === 'ne' ? node.value !== null : node.operator === 'eq' && node.value === null,
  };
}

function bindWith(
  node: Exclude<Filter, { kind: 'element' }>,
  fieldFor: (path: string) => Field,
  bind: (node: Filter) => BoundFilter,
  leniency: Leniency,
): BoundFilter {
  switch (node.kind) {
    case 'and':
    case 'or':
      return { kind: node.kind, terms: node.terms.map(bind) };
    case 'not':
      return { kind: 'not', term: bind(node.term) };
    case 'present':
      return { kind: 'present', field: fieldFor(node.path) };
    case 'compare': {
      const { operator, value } = node;
      const field = comparable(fieldFor(node.path), node.path);
      if (value === null) {
        // D4-3: `eq null` is the negation of `pr`, `ne null` is `pr`.
        if (operator === 'ne') return { kind: 'present', field };
        if (operator === 'eq') return { kind: 'not', term: { kind: 'present', field } };
      }
      checkOperator(field, operator);
      const asked = isSubstring(operator) ? wherePartsAre(field) : field;
      return { kind: 'compare', field: asked, operator, operand: operandFor(asked, value, leniency) };
    }
  }
}

function fieldOf(type: ResourceType, path: string, leniency: Leniency): Field {
  const resolved =
    resolve(type, path, leniency) ??
    // Some clients probe for membership with `member eq "…"` (quirk 44).
    (path.toLowerCase() === 'member' && type.attributes.has('members') && leniency.use('member-for-members')
      ? resolve(type, 'members', leniency)
      : undefined);
  if (resolved?.kind !== 'attribute') {
    if (isUnsynchronised(type, path, leniency)) {
      throw invalidFilter(
        `The attribute "${path}" is not synchronised for this tenant; filter by another one, or have it synchronised.`,
      );
    }
    throw invalidFilter(`${type.name} has no attribute "${path}". See /Schemas for the attributes it has.`);
  }
  const { attribute, sub } = resolved;
  const storage = storageOf(type, attribute, sub);
  if (storage === undefined || leaf({ storage, attribute, sub }).returned === 'never') {
    throw invalidFilter(`The attribute "${path}" cannot be used in a filter.`);
  }
  return { storage, attribute, sub };
}

// A key is prepared as a whole: which form a name takes depends on all of its characters, so that a part of it may
// be prepared in another form. Parts are looked for in the folded document, where a part has one form.
function wherePartsAre(field: Field): Field {
  return field.storage === 'key' ? { ...field, storage: 'document' } : field;
}

// B4.15: a complex attribute stands for its `value`, as the examples of RFC 7644 §3.4.2.2 have it.
function comparable(field: Field, path: string): Field {
  if (leaf(field).type !== 'complex') return field;
  const sub: Attribute | undefined = field.attribute.subAttributes.get('value');
  if (!sub) throw invalidFilter(`Name a sub-attribute of "${path}" to compare with.`);
  return { ...field, sub };
}
