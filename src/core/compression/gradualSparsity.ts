/** Share of the epochs in which values go; in the others what is left learns to do without them. */
const pruningShare = 0.5;

/**
 * The sparsity with which an epoch trains, by the cubic schedule of Zhu and Gupta (2017), equation 1, from 0:
 * s_t = s (1 - (1 - t/n)^3). It rises at once where many small values are left, and slowly at its end.
 *
 * @param epoch from 0
 */
export function gradualSparsity(sparsity: number, epoch: number, epochs: number): number {
  const rising = Math.max(1, Math.ceil(pruningShare * epochs));
  return sparsity * (1 - (1 - Math.min(1, (epoch + 1) / rising)) ** 3);
}
