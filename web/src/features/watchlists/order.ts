/** Swap an item with the one before it; the first one stays where it is. */
export function movedUp<T>(items: readonly T[], index: number): T[] {
  const before = items[index - 1];
  const item = items[index];
  if (before === undefined || item === undefined) return [...items];
  return [...items.slice(0, index - 1), item, before, ...items.slice(index + 1)];
}
