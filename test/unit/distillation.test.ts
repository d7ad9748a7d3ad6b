import assert from 'node:assert/strict';
import type { ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import type { Matrix } from '../../src/core/engine/workspace.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { Random } from '../../src/core/random.ts';
import type { Batch } from '../../src/core/text/encoded.ts';

const [rows, dimension, size] = [9, 4, 5];
const engine = createWasmEngine();
const none = { units: 0, words: 0, random: new Random(1) };
const random = new Random(7);
const batch: Batch = {
  size,
  length: 3,
  ids: Int32Array.from({ length: size * 3 }, () => 1 + random.integer(rows - 1)),
  lengths: new Int32Array(size).fill(3),
  labels: Int32Array.from({ length: size }, (_, i) => i % 2),
};

function given(values: Float32Array, columns: number): Matrix {
  const matrix = engine.workspace().matrix(values.length / columns, columns);
  matrix.data.set(values);
  return matrix;
}

for (const head of ['softmax', 'sigmoid'] as const) {
  const classes = head === 'softmax' ? 3 : 2;
  const spec: ModelSpec = {
    embedding: { rows, dimension },
    body: { kind: 'dan', hidden: [] },
    head,
    classes,
    masked: true,
  };
  const weights = (): Weights =>
    initialWeights(
      spec,
      Float32Array.from({ length: rows * dimension }, (_, i) => Math.sin(i)),
      1,
    );
  /** The teacher's probabilities. */
  const taught = new Float32Array(size * classes);
  for (let s = 0; s < size; s++) {
    const values = Array.from({ length: classes }, () => random.uniform() + 0.1);
    const sum = values.reduce((a, b) => a + b);
    taught.set(
      values.map((value) => value / sum),
      s * classes,
    );
  }

  /** (1 - w) CE(y, p) + w T^2 CE(q, p_T), in float64 from the model's own logits by its probabilities. */
  const loss = (of: Weights, T: number, w: number): number => {
    const model = new Classifier(engine, spec, of);
    const probability = Float64Array.from(model.predict(batch).data);
    let sum = 0;
    for (let s = 0; s < size; s++) {
      const p = [...probability.subarray(s * classes, (s + 1) * classes)];
      const powers = p.map((value) => value ** (1 / T));
      const total = powers.reduce((a, b) => a + b);
      sum -= (1 - w) * Math.log(p[batch.labels[s]!]!);
      const targets = [...taught.subarray(s * classes, (s + 1) * classes)].map((value) => value ** (1 / T));
      const soft = targets.reduce((a, b) => a + b);
      powers.forEach((power, c) => {
        sum -= (w * T ** 2 * targets[c]! * Math.log(power / total)) / soft;
      });
    }
    return sum / size;
  };

  describe(`distillation with ${head}`, () => {
    for (const [temperature, weight] of [
      [1, 1],
      [2, 0.5],
      [4, 0.25],
    ] as const) {
      it(`steps along the gradient of its loss at T = ${temperature}, w = ${weight}`, () => {
        const teacher = { model: { predict: () => given(taught, classes) }, temperature, weight };
        const before = weights();
        const model = new Classifier(engine, spec, before, { name: 'sgd' });
        model.trainStep(batch, 1, none, teacher);
        const after = model.weights();
        for (const name of ['head/kernel', 'head/bias', 'embedding/table']) {
          const tensor = before.get(name)!;
          for (const at of [4, 7, 10].map((i) => i % tensor.data.length)) {
            const shifted = (by: number): number => {
              const data = Float32Array.from(tensor.data);
              data[at]! += by;
              return loss(new Map([...before, [name, { ...tensor, data }]]), temperature, weight);
            };
            const slope = (shifted(0.01) - shifted(-0.01)) / 0.02;
            const step = tensor.data[at]! - after.get(name)!.data[at]!;
            assert.ok(
              Math.abs(slope - step) < 2e-3 * Math.max(1, Math.abs(slope)),
              `${name} ${slope} ${step}`,
            );
          }
        }
      });
    }
  });
}
