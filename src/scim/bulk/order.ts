/** In which order the operations of a bulk request are carried out (B8.06, B8.09). */

/**
 * Groups operations that need each other, and orders the groups so that what is needed comes first and everything else
 * stays in the order given: Tarjan's strongly connected components, which come out in just that order.
 * @param needs for each operation the positions of the operations whose results it refers to
 * @returns groups of positions; more than one in a group means a circular reference
 */
export function orderOf(needs: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const groups: number[][] = [];
  const visited = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();

  const visit = (at: number): number => {
    const order = visited.size;
    visited.set(at, order);
    stack.push(at);
    onStack.add(at);
    let low = order;
    for (const needed of needs[at] ?? []) {
      if (!visited.has(needed)) low = Math.min(low, visit(needed));
      else if (onStack.has(needed)) low = Math.min(low, visited.get(needed) as number);
    }
    if (low === order) {
      const group = stack.splice(stack.indexOf(at));
      for (const member of group) onStack.delete(member);
      groups.push(group.sort((a, b) => a - b));
    }
    return low;
  };
  needs.forEach((_, at) => {
    if (!visited.has(at)) visit(at);
  });
  return groups;
}
