/** Does something with each of several things, though it may throw for some. */

/** Calls `visit` for every item; what it throws first is thrown at the end. */
export function forEachAnyway<Item>(items: Iterable<Item>, visit: (item: Item) => void): void {
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      visit(item);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}
