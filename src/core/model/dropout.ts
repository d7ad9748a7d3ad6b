import type { Matrix } from '../engine/engine.ts';
import type { Random } from '../random.ts';
import type { Batch } from '../text/encoded.ts';

/** Inverted dropout in place (Srivastava et al., 2014); returns the factors for the way back. */
export function dropUnits(matrix: Matrix, probability: number, random: Random): Float32Array {
  const keep = 1 / (1 - probability);
  const factors = new Float32Array(matrix.data.length);
  for (let i = 0; i < factors.length; i++) {
    const factor = random.uniform() < probability ? 0 : keep;
    factors[i] = factor;
    matrix.data[i]! *= factor;
  }
  return factors;
}

/** Drops tokens whole (word dropout: Iyyer et al., ACL 2015, section 4); of each sentence at least one stays. */
export function dropWords(batch: Batch, probability: number, random: Random): Batch {
  const ids = new Int32Array(batch.ids.length);
  const lengths = new Int32Array(batch.size);
  for (let s = 0; s < batch.size; s++) {
    const from = s * batch.length;
    const length = batch.lengths[s]!;
    let kept = 0;
    for (let t = 0; t < length; t++) {
      if (random.uniform() >= probability) ids[from + kept++] = batch.ids[from + t]!;
    }
    if (kept === 0 && length > 0) ids[from + kept++] = batch.ids[from + random.integer(length)]!;
    lengths[s] = kept;
  }
  return { ...batch, ids, lengths };
}
