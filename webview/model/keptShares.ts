/**
 * What the truncated SVD of each rank keeps of a table: the share of its squared entries, which is that of the squared
 * singular values.
 *
 * @param singularValues descending
 * @returns rank k at index k - 1, in [0,1]
 */
export function keptShares(singularValues: readonly number[]): number[] {
  const total = singularValues.reduce((sum, value) => sum + value * value, 0);
  let kept = 0;
  // A table of zeros is kept whole by any rank.
  return singularValues.map((value) => (total === 0 ? 1 : Math.min(1, (kept += value * value) / total)));
}

/** The smallest rank that keeps a share; undefined where there are no singular values. */
export function rankKeeping(share: number, kept: readonly number[]): number | undefined {
  const index = kept.findIndex((value) => value >= share - 1e-12);
  return index < 0 ? undefined : index + 1;
}
