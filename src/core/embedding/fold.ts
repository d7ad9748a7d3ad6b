import type { Checkpoint, Tensor } from '../checkpoint/checkpoint.ts';
import { UserError } from '../errors.ts';

/**
 * Multiplies B into the kernel that follows the embedding, which is linear in it: a DAN's first layer after the mean, an
 * LSTM's input kernel. The model that results has A for its table, k columns wide, and no factor: the same outputs up
 * to rounding, with fewer bytes and FLOPs than the factorized one, and a narrower look-up than the original's.
 *
 * @throws UserError `not-factorized`
 */
export function foldEmbedding(checkpoint: Checkpoint): Checkpoint {
  const { spec, weights } = checkpoint;
  const { rows, rank } = spec.embedding;
  const [A, B] = [weights.get('embedding/A'), weights.get('embedding/B')];
  if (rank === undefined || A === undefined || B === undefined) {
    throw new UserError(
      'not-factorized',
      "The model's embedding is not factorized: there is nothing to fold.",
      'Name a compressed model.',
    );
  }
  const name =
    spec.body.kind === 'lstm'
      ? 'lstm/kernel'
      : spec.body.hidden.length > 0
        ? 'hidden_0/kernel'
        : 'head/kernel';
  const kernel = weights.get(name);
  if (kernel === undefined) throw new Error(`The model has no ${name}.`);
  const folded = new Map(weights);
  folded.delete('embedding/A');
  folded.delete('embedding/B');
  folded.set('embedding/table', { shape: [rows, rank], data: A.data });
  folded.set(name, product(B, kernel));
  return { ...checkpoint, spec: { ...spec, embedding: { rows, dimension: rank } }, weights: folded };
}

/** Of k x n and n x h, summed in float64. */
function product(B: Tensor, kernel: Tensor): Tensor {
  const [k = 0, n = 0] = B.shape;
  const h = kernel.shape[1] ?? 0;
  const data = new Float32Array(k * h);
  const sums = new Float64Array(h);
  for (let i = 0; i < k; i++) {
    sums.fill(0);
    for (let j = 0; j < n; j++) {
      const b = B.data[i * n + j]!;
      for (let c = 0; c < h; c++) sums[c]! += b * kernel.data[j * h + c]!;
    }
    data.set(sums, i * h);
  }
  return { shape: [k, h], data };
}
