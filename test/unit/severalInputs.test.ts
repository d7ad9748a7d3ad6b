import assert from 'node:assert/strict';
import type { ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import type { GraphBody } from '../../src/core/checkpoint/graphBody.ts';
import { countsPadding } from '../../src/core/checkpoint/countsPadding.ts';
import { inputLengths, tablesOf } from '../../src/core/checkpoint/graph/tables.ts';
import { checkSpec, weightShapes } from '../../src/core/checkpoint/specFromJson.ts';
import { embeddingBytes, layerCosts, totalCost } from '../../src/core/cost/cost.ts';
import { foldEmbedding } from '../../src/core/embedding/fold.ts';
import { foldability } from '../../src/core/embedding/foldability.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { UserError } from '../../src/core/errors.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { Random } from '../../src/core/random.ts';
import type { Batch } from '../../src/core/text/encoded.ts';
import { checkFactorsAlone } from '../support/factorsAlone.ts';
import { node } from '../support/graphs.ts';
import { again, embedding, severalCases } from '../support/severalInputs.ts';

const engine = createWasmEngine();
const cases = [undefined, 2].flatMap((rank) =>
  severalCases(rank).map((one) => ({ ...one, name: `${one.name}${rank ? ', factorized' : ''}` })),
);

const copy = (weights: Weights): Weights =>
  new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

function lossOf(spec: ModelSpec, weights: Weights, batch: Batch): number {
  const { data, columns } = new Classifier(engine, spec, weights).predict(batch);
  return batch.labels.reduce((sum, label, i) => sum - Math.log(data[i * columns + label]!) / batch.size, 0);
}

/** Of the weights after a step of plain gradient descent at rate 1, which moves each by minus its gradient. */
function gradientsOf(spec: ModelSpec, weights: Weights, batch: Batch): Map<string, Float64Array> {
  const model = new Classifier(engine, spec, copy(weights), { name: 'sgd' });
  // What other passes leave behind is no part of it.
  model.vectorGradients(batch, (probability) => probability);
  model.trainStep(batch, 1, { units: 0, words: 0, random: new Random(1) });
  const after = model.weights();
  return new Map(
    [...weights].map(([name, { data }]) => {
      const moved = after.get(name)!.data;
      return [name, Float64Array.from(data, (before, i) => before - moved[i]!)];
    }),
  );
}

/** The same texts, those of inputs of any length with `more` rows of padding behind. */
function padded({ body }: ModelSpec & { readonly body: GraphBody }, batch: Batch, more: number): Batch {
  const inputs = body.inputs ?? [{ name: 'the only one' }];
  const lengths = inputLengths(body, batch.length);
  const added = lengths.map((_, i) => (inputs[i]?.length === undefined ? more : 0));
  const length = batch.length + added.reduce((a, b) => a + b, 0);
  const ids = new Int32Array(batch.size * length);
  for (let row = 0, to = 0; row < batch.size; row++) {
    let from = row * batch.length;
    lengths.forEach((own, i) => {
      ids.set(batch.ids.subarray(from, from + own), to);
      from += own;
      to += own + added[i]!;
    });
  }
  return { ...batch, length, ids, lengths: new Int32Array(batch.size).fill(length) };
}

describe('a graph of several inputs or tables', () => {
  it('knows whether padding changes what it says', () => {
    const found = cases.map(({ name, spec, weights, batch }) => {
      const model = new Classifier(engine, spec, weights);
      const [before, after] = [model.predict(batch).data.slice(), model.predict(padded(spec, batch, 2)).data];
      const changed = before.some((p, i) => Math.abs(p - after[i]!) > 1e-5);
      // Texts of one length, of which there is one here, cannot be padded further.
      assert.ok(countsPadding(spec) || !changed, name);
      return [countsPadding(spec), changed];
    });
    for (const both of [true, false]) assert.ok(found.some(([told, seen]) => told === both && seen === both));
  });

  for (const { name, spec, weights, batch } of cases) {
    it(`learns along the gradient of its loss: ${name}`, () => {
      for (const [weight, gradient] of gradientsOf(spec, weights, batch)) {
        const norm = Math.hypot(...gradient);
        assert.ok(norm > 1e-6, `${weight} learns`);
        const loss = (step: number): number => {
          const moved = copy(weights);
          moved.get(weight)!.data.forEach((x, i, data) => (data[i] = x + (step * gradient[i]!) / norm));
          return lossOf(spec, moved, batch);
        };
        const found = (loss(2e-3) - loss(-2e-3)) / 4e-3;
        assert.ok(Math.abs(found - norm) < 3e-4 + 0.03 * norm, `${weight}: slope ${found}, gradient ${norm}`);
      }
    });
  }

  it('trains its tables alone as it does with all, and moves the rows that it has read and no other', () => {
    for (const { spec, weights, batch } of cases) {
      checkFactorsAlone(engine, spec, weights, batch);
      const seen = { ...batch, ids: batch.ids.map((id) => Math.min(id, 3)) };
      for (const { prefix, rows } of tablesOf(spec)) {
        const name = weights.has(`${prefix}/table`) ? `${prefix}/table` : `${prefix}/A`;
        const gradient = gradientsOf(spec, weights, seen).get(name)!;
        const width = gradient.length / rows;
        assert.ok(gradient.subarray(width, 4 * width).some((x) => x !== 0));
        // The padding's, and those of ids that are not there.
        assert.ok(gradient.subarray(0, width).every((x) => x === 0));
        assert.ok(gradient.subarray(4 * width).every((x) => x === 0));
      }
    }
  });

  it('reads each input by itself: the means of two texts', () => {
    const { spec, weights, batch } = severalCases()[0]!;
    const of = (name: string): Float32Array => weights.get(name)!.data;
    const mean = (table: Float32Array, width: number, ids: readonly number[]): number[] =>
      Array.from({ length: width }, (_, c) => {
        const real = ids.filter((id) => id !== 0);
        return real.reduce((sum, id) => sum + table[id * width + c]! / real.length, 0);
      });
    const { data } = new Classifier(engine, spec, weights).predict(batch);
    for (let s = 0; s < batch.size; s++) {
      const ids = Array.from(batch.ids.subarray(s * 8, (s + 1) * 8));
      const features = [
        ...mean(of('embedding/table'), 4, ids.slice(3)),
        ...mean(of('graph/title_words/table'), 3, ids.slice(0, 3)),
      ];
      const logits = Array.from(of('head/bias'), (bias, c) =>
        features.reduce((sum, x, i) => sum + x * of('head/kernel')[i * 3 + c]!, bias),
      );
      const all = logits.reduce((sum, x) => sum + Math.exp(x), 0);
      logits.forEach((x, c) => {
        assert.ok(Math.abs(data[s * 3 + c]! - Math.exp(x) / all) < 1e-5);
      });
    }
  });

  it('computes factors as the tables that they are the product of', () => {
    const dense = severalCases();
    severalCases(2).forEach(({ spec, weights, batch, name }, i) => {
      const whole = copy(weights);
      for (const { prefix, rows, dimension, rank = 0 } of tablesOf(spec)) {
        const [A, B] = [weights.get(`${prefix}/A`)!.data, weights.get(`${prefix}/B`)!.data];
        const data = Float32Array.from({ length: rows * dimension }, (_, at) => {
          const [r, c] = [Math.floor(at / dimension), at % dimension];
          return Array.from({ length: rank }, (_, k) => A[r * rank + k]! * B[k * dimension + c]!).reduce(
            (a, b) => a + b,
          );
        });
        whole.set(`${prefix}/table`, { shape: [rows, dimension], data });
      }
      const expected = Array.from(new Classifier(engine, dense[i]!.spec, whole).predict(batch).data);
      const found = new Classifier(engine, spec, weights).predict(batch).data;
      expected.forEach((value, at) => {
        assert.ok(Math.abs(found[at]! - value) < 1e-5, name);
      });
    });
  });

  it('goes on from its optimizers’ state as if it had not stopped', () => {
    for (const { spec, weights, batch, name } of cases) {
      const drop = { units: 0, words: 0, random: new Random(1) };
      const open = (from: Weights): Classifier =>
        new Classifier(engine, spec, copy(from), { name: 'adam' } as never);
      const through = open(weights);
      for (let i = 0; i < 4; i++) through.trainStep(batch, 0.01, drop);
      const first = open(weights);
      for (let i = 0; i < 2; i++) first.trainStep(batch, 0.01, drop);
      const second = open(first.weights());
      second.restoreOptimizers(
        new Map(
          [...first.optimizerState()].map(([key, { shape, data }]) => [key, { shape, data: data.slice() }]),
        ),
      );
      for (let i = 0; i < 2; i++) second.trainStep(batch, 0.01, drop);
      for (const [weight, { data }] of through.weights()) {
        assert.deepEqual(second.weights().get(weight)!.data, data, `${name}: ${weight}`);
      }
    }
  });

  it('has a cost for each of its weights, and counts all tables', () => {
    for (const { spec } of cases) {
      const costs = layerCosts(spec, 8);
      const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
      const shapes = weightShapes(spec);
      const sum = (all: Iterable<readonly number[]>): number => [...all].map(size).reduce((a, b) => a + b, 0);
      assert.equal(totalCost(costs).parameters, sum(shapes.values()));
      assert.ok(totalCost(costs).flopsPerSentence > 0);
      const ofTables = [...shapes].filter(([name]) => /\/(table|A|B)$/.test(name)).map(([, shape]) => shape);
      assert.equal(embeddingBytes(costs), 4 * sum(ofTables));
    }
    // Sizes do not depend on what a sentence has of tokens.
    const { spec } = cases[0]!;
    assert.equal(embeddingBytes(layerCosts(spec, 0)), 4 * 12 * (4 + 3));
  });

  it('counts B once a token of the input that its table reads', () => {
    const { spec } = severalCases(2)[0]!;
    const flops = (layer: string): number =>
      layerCosts(spec, 8).find((one) => one.layer === layer)!.flopsPerSentence;
    assert.equal(flops('embedding/title_words/B'), 2 * 3 * 2 * 3);
    assert.equal(flops('embedding/B'), 2 * 5 * 2 * 4);
  });

  it('is folded where every kernel meets one table, and says which layer does not', () => {
    const obstacles: Readonly<Record<string, RegExp>> = {
      'two tables for one input': /'sum' \(Add\)/,
      'three inputs, two tables, a Dense layer for all': /'dense_2' \(Dense\).*different tables/,
    };
    for (const { name, spec, weights, batch } of severalCases(2)) {
      const checkpoint = { spec, weights, text: undefined, vocabulary: undefined, labels: undefined };
      const found = foldability(spec);
      const obstacle = obstacles[name];
      assert.equal(found.exact, obstacle === undefined, name);
      if (obstacle !== undefined) {
        assert.match(found.exact ? '' : found.why, obstacle);
        assert.throws(() => foldEmbedding(checkpoint), { code: 'not-foldable', message: obstacle });
        continue;
      }
      const folded = foldEmbedding(checkpoint);
      assert.deepEqual([...folded.weights.keys()].sort(), [...weightShapes(folded.spec).keys()].sort());
      for (const { rank, dimension } of tablesOf(folded.spec))
        assert.deepEqual([rank, dimension], [undefined, 2]);
      const expected = new Classifier(engine, spec, weights).predict(batch).data;
      const after = new Classifier(engine, folded.spec, folded.weights).predict(batch).data;
      after.forEach((value, i) => {
        assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${name}: ${value} is not ${expected[i]}`);
      });
      const flops = (of: ModelSpec): number => totalCost(layerCosts(of, 8)).flopsPerSentence;
      assert.ok(flops(folded.spec) < flops(spec));
    }
  });

  it('comes back from JSON as it was', () => {
    for (const { spec } of cases) assert.deepEqual(checkSpec(JSON.parse(JSON.stringify(spec)), 'file'), spec);
  });

  it('shares out the tokens of a sentence', () => {
    const inputs = [{ name: 'a', length: 3 }, { name: 'b' }, { name: 'c' }];
    assert.deepEqual(inputLengths({ inputs }, 13), [3, 5, 5]);
    assert.deepEqual(inputLengths({}, 13), [13]);
    assert.throws(() => inputLengths({ inputs }, 2), /do not fit/);
    assert.throws(() => inputLengths({ inputs: [{ name: 'a', length: 3 }] }, 2), /do not fit/);
  });

  const model = (body: Partial<GraphBody>): unknown => ({
    embedding: { rows: 12, dimension: 4 },
    body: { kind: 'graph', hidden: [], maskZero: false, dialect: 'keras', ...body },
    head: 'softmax',
    classes: 3,
    masked: false,
  });
  const inputs = [{ name: 'a' }, { name: 'b' }];
  const dense = node('Dense', 'dense', 'embedding', { units: 4 });
  const mean = (of: string): ReturnType<typeof node> => node('GlobalAveragePooling1D', `mean ${of}`, of);
  const joined = node('Concatenate', 'join', ['mean embedding', 'mean x'], { axis: -1 });
  const two = (x: ReturnType<typeof node>): ReturnType<typeof node>[] => [
    x,
    mean('embedding'),
    mean('x'),
    joined,
  ];
  const own = { input_dim: 12, output_dim: 4 };
  const refused: readonly (readonly [why: string, body: Partial<GraphBody>, words: RegExp])[] = [
    [
      'another input than there is',
      { inputs, nodes: two(embedding('x', { ...own, input: 2 })) },
      /'x'.*input is 2/,
    ],
    ['half an input', { inputs, nodes: two(embedding('x', { ...own, input: 0.5 })) }, /'x'.*no place/],
    ['a table of no size', { inputs, nodes: two(embedding('x', { input_dim: 12 })) }, /'x'.*output_dim/],
    [
      'the weights of no node',
      { inputs, nodes: two(embedding('x', { input: 1 }, 'y')) },
      /'x'.*does not fit 'y'/,
    ],
    [
      'the weights of another kind of layer',
      { nodes: [dense, again('x', { ...dense, className: 'LSTM' }, 'embedding'), mean('dense'), mean('x')] },
      /'x'.*does not fit 'dense'/,
    ],
    [
      'the weights of a layer with another config',
      {
        nodes: [dense, { ...again('x', dense, 'embedding'), config: { units: 5 } }, mean('dense'), mean('x')],
      },
      /'x'.*does not fit 'dense'/,
    ],
    [
      'weights of another size',
      {
        nodes: [dense, again('x', dense, 'wide'), mean('dense')].toSpliced(
          0,
          0,
          node('Dense', 'wide', 'embedding', { units: 7 }),
        ),
      },
      /'x'.*does not fit 'dense'/,
    ],
  ];
  for (const [why, body, words] of refused) {
    it(`is refused with ${why}`, () => {
      assert.throws(
        () => checkSpec(model(body), 'model.json'),
        (error) =>
          error instanceof UserError && words.test(error.message) && error.place?.file === 'model.json',
      );
    });
  }

  it('is refused where its description is improper', () => {
    const nodes = two(embedding('x', { ...own, input: 1 }));
    const improper: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ inputs: [] }, 'body.inputs'],
      [{ inputs: [{ name: 'a' }] }, 'body.inputs'],
      [{ inputs: [{ name: 'a' }, { name: 'a' }] }, 'body.inputs'],
      [{ inputs: [{ name: 'a' }, null] }, 'body.inputs'],
      [{ inputs: [{ name: 'a' }, { name: 'b', length: 0 }] }, 'body.inputs'],
      [{ inputs: [{ name: 'a' }, { name: 'b', length: 1e9 }] }, 'body.inputs'],
      [{ input: 2 }, 'body.input'],
      [{ input: -1 }, 'body.input'],
      [{ length: 4 }, 'body.length'],
      [{ nodes: two({ ...embedding('x', own), weightsOf: 3 as never }) }, 'body.nodes[0]'],
      [{ nodes: two(embedding('x', { ...own, input_dim: 2 ** 40, input: 1 })) }, 'body.x'],
    ];
    for (const [changed, field] of improper) {
      assert.throws(
        () => checkSpec(model({ inputs, nodes, ...changed }), 'model.json'),
        (error) => error instanceof UserError && error.place?.item === field,
        field,
      );
    }
  });
});
