/**
 * Which query trees the guard has passed. Frozen trees and weak references: nothing can be added to a
 * passed tree, and one that a later plugin has rewritten is another tree.
 */
import type { RootOperationNode } from 'kysely';

const checked = new WeakSet<RootOperationNode>();

/** Notes that a guard has passed the tree. Only the guard calls this. */
export function markChecked(node: RootOperationNode): void {
  checked.add(node);
}

/** Whether a guard has passed exactly this tree. */
export function isChecked(node: RootOperationNode): boolean {
  return checked.has(node);
}
