import type { ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';

type Vector = number[];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** A classifier in plain float64 JavaScript, written from the definitions and for reading; one sentence a call. */
export function referenceLogits(spec: ModelSpec, weights: Weights, tokens: readonly number[]): Vector {
  const matrix = (name: string): Vector[] => {
    const { shape, data } = weights.get(name)!;
    const columns = shape[shape.length - 1]!;
    return Array.from({ length: data.length / columns }, (_, r) =>
      Array.from(data.subarray(r * columns, (r + 1) * columns)),
    );
  };
  const times = (vector: Vector, kernel: Vector[]): Vector =>
    kernel[0]!.map((_, c) => vector.reduce((sum, x, r) => sum + x * kernel[r]![c]!, 0));
  const plus = (a: Vector, b: Vector): Vector => a.map((x, i) => x + b[i]!);
  const mean = (vectors: Vector[]): Vector =>
    vectors[0]!.map((_, d) => vectors.reduce((sum, v) => sum + v[d]!, 0) / vectors.length);

  const table = spec.embedding.rank === undefined ? matrix('embedding/table') : matrix('embedding/A');
  const factor = spec.embedding.rank === undefined ? undefined : matrix('embedding/B');
  const vectors = tokens.map((id) => (factor === undefined ? table[id]! : times(table[id]!, factor)));

  let values: Vector;
  if (spec.body.kind === 'dan') {
    values = mean(vectors);
  } else {
    const H = spec.body.units;
    const kernel = matrix('lstm/kernel');
    const recurrent = matrix('lstm/recurrent_kernel');
    const bias = matrix('lstm/bias')[0]!;
    const peephole = spec.body.peepholes
      ? matrix('lstm/peephole')
      : [0, 1, 2].map(() => new Array<number>(H).fill(0));
    let h: Vector = new Array<number>(H).fill(0);
    let c: Vector = h;
    const outputs: Vector[] = [];
    for (const x of vectors) {
      const z = plus(plus(times(x, kernel), times(h, recurrent)), bias);
      const before = c;
      const i = before.map((cell, u) => sigmoid(z[u]! + peephole[0]![u]! * cell));
      const f = before.map((cell, u) => sigmoid(z[H + u]! + peephole[1]![u]! * cell));
      c = before.map((cell, u) => f[u]! * cell + i[u]! * Math.tanh(z[2 * H + u]!));
      h = c.map((cell, u) => sigmoid(z[3 * H + u]! + peephole[2]![u]! * cell) * Math.tanh(cell));
      outputs.push(h);
    }
    values = spec.body.pooling === 'mean' ? mean(outputs) : h;
  }
  spec.body.hidden.forEach((_, i) => {
    values = plus(times(values, matrix(`hidden_${i}/kernel`)), matrix(`hidden_${i}/bias`)[0]!).map((x) =>
      Math.max(0, x),
    );
  });
  return plus(times(values, matrix('head/kernel')), matrix('head/bias')[0]!);
}

/** Class probabilities of the same. */
export function referenceProbabilities(spec: ModelSpec, weights: Weights, tokens: readonly number[]): Vector {
  const logits = referenceLogits(spec, weights, tokens);
  if (spec.head === 'sigmoid') {
    const p = sigmoid(logits[0]!);
    return [1 - p, p];
  }
  const exponentials = logits.map((x) => Math.exp(x - Math.max(...logits)));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((x) => x / sum);
}
