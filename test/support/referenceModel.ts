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

  const lstm = (name: string, inputs: Vector[], H: number): Vector[] => {
    const kernel = matrix(`${name}/kernel`);
    const recurrent = matrix(`${name}/recurrent_kernel`);
    const bias = matrix(`${name}/bias`)[0]!;
    const peephole = weights.has(`${name}/peephole`)
      ? matrix(`${name}/peephole`)
      : [0, 1, 2].map(() => new Array<number>(H).fill(0));
    let h: Vector = new Array<number>(H).fill(0);
    let c: Vector = h;
    const outputs: Vector[] = [];
    for (const x of inputs) {
      const z = plus(plus(times(x, kernel), times(h, recurrent)), bias);
      const before = c;
      const i = before.map((cell, u) => sigmoid(z[u]! + peephole[0]![u]! * cell));
      const f = before.map((cell, u) => sigmoid(z[H + u]! + peephole[1]![u]! * cell));
      c = before.map((cell, u) => f[u]! * cell + i[u]! * Math.tanh(z[2 * H + u]!));
      h = c.map((cell, u) => sigmoid(z[3 * H + u]! + peephole[2]![u]! * cell) * Math.tanh(cell));
      outputs.push(h);
    }
    return outputs;
  };
  const gru = (inputs: Vector[], H: number): Vector[] => {
    const kernel = matrix('gru/kernel');
    const recurrent = matrix('gru/recurrent_kernel');
    const [inputBias, recurrentBias] = matrix('gru/bias') as [Vector, Vector];
    let h: Vector = new Array<number>(H).fill(0);
    return inputs.map((input) => {
      const x = plus(times(input, kernel), inputBias);
      const u = plus(times(h, recurrent), recurrentBias);
      h = h.map((before, i) => {
        const z = sigmoid(x[i]! + u[i]!);
        const r = sigmoid(x[H + i]! + u[H + i]!);
        const candidate = Math.tanh(x[2 * H + i]! + r * u[2 * H + i]!);
        return z * before + (1 - z) * candidate;
      });
      return h;
    });
  };
  const pool = (outputs: Vector[], pooling: 'mean' | 'last'): Vector =>
    pooling === 'mean' ? mean(outputs) : outputs.at(-1)!;
  const convolve = (width: number): Vector => {
    const kernel = matrix(`conv_${width}/kernel`);
    const bias = matrix(`conv_${width}/bias`)[0]!;
    const padding = factor === undefined ? table[0]! : times(table[0]!, factor);
    const padded = [...vectors];
    while (padded.length < width) padded.push(padding);
    const windows = padded.slice(width - 1).map((_, i) => padded.slice(i, i + width).flat());
    const outputs = windows.map((window) => plus(times(window, kernel), bias).map((x) => Math.max(0, x)));
    return bias.map((_, f) => Math.max(...outputs.map((output) => output[f]!)));
  };
  const encode = (): Vector => {
    const { body } = spec;
    switch (body.kind) {
      case 'dan':
        return mean(vectors);
      case 'lstm':
        return pool(lstm('lstm', vectors, body.units), body.pooling);
      case 'bilstm':
        return [
          ...pool(lstm('bilstm/forward', vectors, body.units), body.pooling),
          ...pool(lstm('bilstm/backward', [...vectors].reverse(), body.units), body.pooling),
        ];
      case 'gru':
        return pool(gru(vectors, body.units), body.pooling);
      case 'cnn':
        return body.widths.flatMap(convolve);
      case 'graph':
        throw new Error("A graph's reference is Keras.");
    }
  };
  let values = encode();
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
