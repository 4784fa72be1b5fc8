/** The operations of a PATCH, accepted: targets bound, values in canonical form. */
import type { BoundFilter } from '../filter/bound.ts';
import type { Target } from '../path/target.ts';
import type { GivenPassword } from '../resource/password.ts';

export type Operator = 'add' | 'replace' | 'remove';

/** An edit of a group's members; carried out on rows, the members themselves are never loaded. */
export type MemberEdit =
  | { readonly kind: 'add' | 'remove' | 'set'; readonly ids: readonly string[] }
  | { readonly kind: 'removeMatching'; readonly filter: BoundFilter };

/** One operation on the document. `null` stands for unassigned; `listed` are the values that a remove names. */
export interface DocumentOperation {
  readonly op: Operator;
  readonly target: Target;
  readonly value: unknown;
  readonly listed?: readonly unknown[];
}

/** In the order in which they apply; document, members and password have nothing to do with each other. */
export interface AcceptedPatch {
  readonly operations: readonly DocumentOperation[];
  readonly memberEdits: readonly MemberEdit[];
  /** What the operations say of the password, in their order; the last one counts. */
  readonly passwords: readonly GivenPassword[];
}
