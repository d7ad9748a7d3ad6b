import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { Random } from '../random.ts';
import type { Batch } from '../text/encoded.ts';

/** Inverted dropout (Srivastava et al., 2014), of a copy; the factors are for the way back. */
export function dropUnits(
  workspace: Workspace,
  values: Matrix,
  probability: number,
  random: Random,
): { readonly values: Matrix; readonly factors: Matrix } {
  const { rows, columns } = values;
  const count = rows * columns;
  const factors = workspace.matrix(rows, columns);
  const dropped = workspace.matrix(rows, columns);
  random.fill(new Uint32Array(workspace.buffer, factors.at, count));
  const threshold = Math.round(probability * 2 ** 32);
  workspace.kernels.dropUnits(values.at, factors.at, dropped.at, count, threshold, 1 / (1 - probability));
  return { values: dropped, factors };
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
