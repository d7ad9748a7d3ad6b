import type { Random } from '../random.ts';
import type { WordVectors } from './vectors.ts';

/** A table before training: rows x dimension, row-major, row 0 the padding. */
export interface InitialTable {
  readonly rows: number;
  readonly dimension: number;
  readonly data: Float32Array;
}

/** Half the width of the uniform distribution that a row without a vector is drawn from, as Keras has it. */
const spread = 0.05;

/**
 * The table that training starts from: vectors unscaled, the padding's row zero, the unknown words' row the mean of the
 * vectors in the table, and every other row uniform in ±0.05.
 *
 * @param words of the rows; row 0 is the padding's whatever its name
 * @param unknownId row of the unknown words; 0 where they have none
 */
export function tableOfVectors(
  words: readonly string[],
  unknownId: number,
  vectors: WordVectors | undefined,
  dimension: number,
  random: Random,
): InitialTable {
  const rows = words.length;
  const data = new Float32Array(rows * dimension);
  const indices = new Map(vectors?.words.map((word, i) => [word, i]));
  const mean = new Float64Array(dimension);
  let found = 0;
  for (let row = 1; row < rows; row++) {
    const start = row * dimension;
    const index = row === unknownId ? undefined : indices.get(words[row]!);
    if (index === undefined || vectors === undefined) {
      for (let d = 0; d < dimension; d++) data[start + d] = spread * (2 * random.uniform() - 1);
      continue;
    }
    for (let d = 0; d < dimension; d++) {
      const value = vectors.data[index * dimension + d]!;
      data[start + d] = value;
      mean[d]! += value;
    }
    found++;
  }
  if (unknownId > 0 && found > 0) {
    data.set(
      mean.map((sum) => sum / found),
      unknownId * dimension,
    );
  }
  return { rows, dimension, data };
}
