/** Calls a function for every item of a list, even if it throws for some. */

/** Calls `visit` for every item, and then throws the first error that it has thrown. */
export function forEachThenThrow<Item>(items: Iterable<Item>, visit: (item: Item) => void): void {
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
