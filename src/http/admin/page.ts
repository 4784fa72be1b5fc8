/** How many a page has when nothing is said. */
export const DEFAULT_LIMIT = 100;

/**
 * A page, and the id to give as `after` for the page behind it, if there is one. What is made meanwhile moves nothing:
 * a page begins behind an id, not at a number.
 *
 * @param read is asked for one more than the page has, which tells whether there is more
 */
export async function pageOf<T>(
  limit: number | undefined,
  read: (limit: number) => Promise<readonly T[]>,
  idOf: (item: T) => string,
): Promise<{ readonly items: readonly T[]; readonly next?: string }> {
  const size = limit ?? DEFAULT_LIMIT;
  const found = await read(size + 1);
  const items = found.slice(0, size);
  const last = items.at(-1);
  return found.length > size && last !== undefined ? { items, next: idOf(last) } : { items };
}
