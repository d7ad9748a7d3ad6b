import type { ModelSpec, Tensor, Weights } from '../checkpoint/checkpoint.ts';
import { Random } from '../random.ts';

/** Uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio, AISTATS 2010). */
function glorot(rows: number, columns: number, random: Random): Tensor {
  const limit = Math.sqrt(6 / (rows + columns));
  const data = Float32Array.from({ length: rows * columns }, () => (2 * random.uniform() - 1) * limit);
  return { shape: [rows, columns], data };
}

const zeros = (...shape: number[]): Tensor => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

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
 * (Jozefowicz et al., ICML 2015), zero peepholes; the table is given.
 */
export function initialWeights(spec: ModelSpec, table: Float32Array, seed: number): Weights {
  const random = new Random(seed, 1);
  const { rows, dimension } = spec.embedding;
  const weights: Weights = new Map([['embedding/table', { shape: [rows, dimension], data: table }]]);
  let width = dimension;
  if (spec.body.kind === 'lstm') {
    const { units, peepholes } = spec.body;
    weights.set('lstm/kernel', glorot(dimension, 4 * units, random));
    weights.set('lstm/recurrent_kernel', orthogonal(units, 4 * units, random));
    const bias = zeros(4 * units);
    bias.data.fill(1, units, 2 * units);
    weights.set('lstm/bias', bias);
    if (peepholes) weights.set('lstm/peephole', zeros(3, units));
    width = units;
  }
  const dense = (name: string, outputs: number): void => {
    weights.set(`${name}/kernel`, glorot(width, outputs, random));
    weights.set(`${name}/bias`, zeros(outputs));
    width = outputs;
  };
  spec.body.hidden.forEach((units, i) => {
    dense(`hidden_${i}`, units);
  });
  dense('head', spec.head === 'sigmoid' ? 1 : spec.classes);
  return weights;
}
