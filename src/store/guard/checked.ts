/**
 * Which query trees the guard has passed. Frozen trees and weak references: nothing can be added to a
 * passed tree, and one that a later plugin has rewritten is another tree.
 */
import type { CompiledQuery, RootOperationNode } from 'kysely';

const checked = new WeakSet<RootOperationNode>();

/** Notes that a guard has passed the tree. Only the guard calls this. */
export function markChecked(node: RootOperationNode): void {
  checked.add(node);
}

/** Whether a guard has passed exactly this tree. */
export function isChecked(node: RootOperationNode): boolean {
  return checked.has(node);
}

/** Queries that were printed from a tree that was checked. */
const printed = new WeakSet<CompiledQuery>();

/** Notes that a query was printed from a checked tree. Only what prints, or fills what was printed, calls this. */
export function markPrinted(query: CompiledQuery): void {
  printed.add(query);
}

export function isPrinted(query: CompiledQuery): boolean {
  return printed.has(query);
}
