/**
 * The items in the order of their positions' bits reversed (van der Corput): the first, the middle, the quarters, …, so
 * that every beginning of the list is spread over the whole.
 */
export function spread<T>(items: readonly T[]): T[] {
  const bits = Math.ceil(Math.log2(Math.max(1, items.length)));
  const reversed = (i: number): number => {
    let at = 0;
    for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) at |= 1 << (bits - 1 - bit);
    return at;
  };
  return Array.from({ length: 2 ** bits }, (_, i) => items[reversed(i)]).filter((item) => item !== undefined);
}
