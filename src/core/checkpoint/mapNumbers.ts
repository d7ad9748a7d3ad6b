/**
 * Fills `to` with what `map` gives for each of `from`. A typed array's own `from` gathers all of it in a list first, which
 * takes memory of its own and ends the process where there are some hundred million numbers.
 */
export function mapNumbers<From, To extends Float32Array | Uint16Array | Uint32Array>(
  from: ArrayLike<From>,
  to: To,
  map: (value: From) => number,
): To {
  for (let i = 0; i < to.length; i++) to[i] = map(from[i]!);
  return to;
}
