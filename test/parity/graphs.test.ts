import assert from 'node:assert/strict';
import { Classifier } from '../../src/core/model/classifier.ts';
import { Random } from '../../src/core/random.ts';
import { installedEngines } from '../support/engines.ts';
import { graphCases } from '../support/graphCases.ts';
import { askPython, pythonWith } from './python.ts';

interface Answer {
  readonly probabilities: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

describe('graphs of layers against Keras', function () {
  this.timeout(600_000);
  const cases = graphCases();
  let answers: readonly Answer[] = [];

  before(function () {
    const python = pythonWith(this, 'keras', 'tensorflow');
    const questions = cases.map(({ spec, weights, batch: { size, length, ids, labels } }) => ({
      body: spec.body,
      classes: spec.classes,
      weights: [...weights].map(([name, { shape, data }]) => [name, shape, Array.from(data)]),
      ids: Array.from({ length: size }, (_, s) => Array.from(ids.subarray(s * length, (s + 1) * length))),
      labels: Array.from(labels),
    }));
    answers = askPython(python, 'graphs.py', questions) as Answer[];
  });

  cases.forEach(({ name, spec, weights, batch }, i) => {
    it(`predict, and learn, as Keras does: ${name}`, () => {
      const { probabilities, gradients } = answers[i]!;
      for (const engine of installedEngines()) {
        const model = new Classifier(engine, spec, weights, { name: 'sgd' });
        const { data } = model.predict(batch);
        probabilities.forEach((p, at) => {
          assert.ok(Math.abs(data[at]! - p) < 1e-5, `${engine.name}: ${data[at]} is not ${p}`);
        });
        // A step of plain gradient descent at rate 1 moves each weight by minus its gradient.
        model.trainStep(batch, 1, { units: 0, words: 0, random: new Random(1) });
        const after = model.weights();
        for (const [weight, { data: before }] of weights) {
          const moved = after.get(weight)!.data;
          const expected = gradients[weight] ?? new Array<number>(before.length).fill(0);
          expected.forEach((gradient, at) => {
            // No step moves the padding's row.
            if (weight === 'embedding/table' && at < spec.embedding.dimension) return;
            const found = before[at]! - moved[at]!;
            assert.ok(
              Math.abs(found - gradient) < 1e-5 + 1e-4 * Math.abs(gradient),
              `${engine.name}, ${weight}[${at}]: gradient ${found}, expected ${gradient}`,
            );
          });
        }
      }
    });
  });
});
