import type { ModelSpec, Tensor, Weights } from '../checkpoint/checkpoint.ts';
import { weightShapes } from '../checkpoint/specFromJson.ts';
import { Random } from '../random.ts';

const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio, AISTATS 2010). As in Keras, a convolution's inputs and
 * outputs both count once for each token of its window.
 */
function glorot(shape: readonly number[], random: Random): Tensor {
  const [inputs = 0, outputs = 0] = shape.slice(-2);
  const limit = Math.sqrt(6 / (elements(shape.slice(0, -2)) * (inputs + outputs)));
  const data = Float32Array.from({ length: elements(shape) }, () => (2 * random.uniform() - 1) * limit);
  return { shape, data };
}

/** Square blocks side by side, one a gate, each a random orthogonal matrix (Saxe et al., ICLR 2014). */
function orthogonal(rows: number, columns: number, random: Random): Tensor {
  const data = new Float32Array(rows * columns);
  for (let block = 0; block < columns / rows; block++) {
    const basis: Float64Array[] = [];
    for (let i = 0; i < rows; i++) {
      const vector = Float64Array.from({ length: rows }, () => random.normal());
      // Gram and Schmidt, twice for accuracy.
      for (let pass = 0; pass < 2; pass++) {
        for (const other of basis) {
          let dot = 0;
          for (let d = 0; d < rows; d++) dot += vector[d]! * other[d]!;
          for (let d = 0; d < rows; d++) vector[d]! -= dot * other[d]!;
        }
      }
      const norm = Math.hypot(...vector);
      for (let d = 0; d < rows; d++) vector[d]! /= norm;
      basis.push(vector);
      for (let d = 0; d < rows; d++) data[i * columns + block * rows + d] = vector[d]!;
    }
  }
  return { shape: [rows, columns], data };
}

/**
 * Weights of a new model: Glorot for kernels, orthogonal for the recurrence, zero biases but 1 for the forget gate
 * of an LSTM (Jozefowicz et al., ICML 2015), zero peepholes, normalizations that change nothing; the table is given.
 */
export function initialWeights(spec: ModelSpec, table: Float32Array, seed: number): Weights {
  const random = new Random(seed, 1);
  return new Map(
    [...weightShapes(spec)].map(([name, shape]): [string, Tensor] => {
      if (name === 'embedding/table') return [name, { shape, data: table }];
      if (name.endsWith('/recurrent_kernel')) {
        const [rows = 0, columns = 0] = shape;
        return [name, orthogonal(rows, columns, random)];
      }
      if (name.endsWith('/kernel')) return [name, glorot(shape, random)];
      const data = new Float32Array(elements(shape));
      if (/\/(gamma|moving_variance)$/.test(name)) data.fill(1);
      if (/lstm\/(.*\/)?bias$/.test(name)) data.fill(1, data.length / 4, data.length / 2);
      return [name, { shape, data }];
    }),
  );
}
