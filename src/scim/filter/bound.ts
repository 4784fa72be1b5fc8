/** A filter whose names are bound to the schema: after this, no name is compared any more. */
import type { Attribute } from '../schema/attribute.ts';
import type { CompareOperator } from './parse.ts';

/** Where an attribute's values are kept. The store knows the column or table of each. */
export type Storage =
  | 'id'
  | 'key'
  | 'externalId'
  | 'active'
  | 'created'
  | 'lastModified'
  | 'version'
  | 'resourceType'
  | 'schemas'
  | 'members'
  | 'groups'
  | 'document';

/** An attribute or sub-attribute in a condition. */
export interface Field {
  readonly storage: Storage;
  readonly attribute: Attribute;
  readonly sub: Attribute | undefined;
}

/**
 * What a field is compared with, in the form in which that field's values are kept for comparison:
 * folded text, exact text, a number, a boolean, or an instant (as `instant()` writes it).
 */
export type Operand = string | number | boolean;

export type BoundFilter =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly BoundFilter[] }
  | { readonly kind: 'not'; readonly term: BoundFilter }
  | {
      readonly kind: 'compare';
      readonly field: Field;
      readonly operator: CompareOperator;
      readonly operand: Operand;
    }
  | { readonly kind: 'present'; readonly field: Field }
  /** True when one element of a multi-valued attribute satisfies the whole filter; its fields are sub-attributes. */
  | { readonly kind: 'element'; readonly field: Field; readonly filter: BoundFilter }
  | { readonly kind: 'constant'; readonly value: boolean };

/** The attribute whose value is compared: the sub-attribute where one is meant. */
export function leaf(field: Field): Attribute {
  return field.sub ?? field.attribute;
}
