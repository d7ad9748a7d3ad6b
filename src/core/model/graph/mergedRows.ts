import type { Signal } from './graphLayer.ts';

/**
 * Of each input of Keras 3's Multiply or Maximum, 1 where its row is merged: it is not where its mask does not count it.
 * Where no input counts a row, the product is of none, which is 0, and the maximum the first input's. A Maximum forgets
 * the masks before an input that has none.
 *
 * Source: `Multiply._merge_function` in keras/src/layers/merging/multiply.py, `_apply_merge_op_and_or_mask` in
 * base_merge.py, Keras 3.12.
 *
 * @returns undefined where no input has a mask
 */
export function mergedRows(
  className: 'Multiply' | 'Maximum',
  inputs: readonly Signal[],
): readonly Uint8Array[] | undefined {
  const masks = inputs.map(({ mask }) => mask);
  if (masks.every((mask) => mask === undefined)) return undefined;
  const rows = inputs.map(({ values, mask }) => mask?.slice() ?? new Uint8Array(values.rows).fill(1));
  if (className === 'Maximum') takeFirsts(rows, masks);
  return rows;
}

/** Of a row that none before an input counts it takes that input alone, or else the first. */
function takeFirsts(rows: readonly Uint8Array[], masks: readonly (Uint8Array | undefined)[]): void {
  const [first] = rows;
  // Whether any input so far counts the row; none is asked any more behind one without a mask.
  const counted = masks[0]?.slice();
  first?.fill(1);
  for (let i = 1; i < rows.length && counted !== undefined; i++) {
    const own = rows[i]!;
    for (let row = 0; row < own.length; row++) {
      if (own[row] === 0 || counted[row] === 1) continue;
      first![row] = 0;
      counted[row] = 1;
    }
    if (masks[i] === undefined) return;
  }
}
