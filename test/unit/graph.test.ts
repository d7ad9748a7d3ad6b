import assert from 'node:assert/strict';
import type { Body, ModelSpec, Tensor, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import type { GraphBody, GraphNode } from '../../src/core/checkpoint/graphBody.ts';
import { checkInputLength } from '../../src/core/checkpoint/graph/inputLength.ts';
import { checkSpec, weightShapes } from '../../src/core/checkpoint/specFromJson.ts';
import { layerCosts, totalCost } from '../../src/core/cost/cost.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { UserError } from '../../src/core/errors.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { Random } from '../../src/core/random.ts';
import type { Batch } from '../../src/core/text/encoded.ts';
import { checkFactorsAlone } from '../support/factorsAlone.ts';
import { graphCases, type GraphCase } from '../support/graphCases.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const engine = createWasmEngine();
const cases = graphCases();
const rank = 3;

const copy = (weights: Weights): Weights =>
  new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

/** Its table replaced by random factors. */
function factorized({ spec, weights }: GraphCase): readonly [ModelSpec, Weights] {
  const { rows, dimension } = spec.embedding;
  const random = new Random(5);
  const normal = (...shape: number[]): Tensor => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.7 * random.normal()),
  });
  const changed = copy(weights);
  changed.delete('embedding/table');
  changed.set('embedding/A', normal(rows, rank)).set('embedding/B', normal(rank, dimension));
  return [{ ...spec, embedding: { rows, dimension, rank } }, changed];
}

function lossOf(spec: ModelSpec, weights: Weights, batch: Batch): number {
  const { data, columns } = new Classifier(engine, spec, weights).predict(batch);
  return batch.labels.reduce((sum, label, i) => sum - Math.log(data[i * columns + label]!) / batch.size, 0);
}

/** Of the weights after a step of plain gradient descent at rate 1, which moves each by minus its gradient. */
function gradientsOf(spec: ModelSpec, weights: Weights, batch: Batch): Map<string, Float64Array> {
  const model = new Classifier(engine, spec, copy(weights), { name: 'sgd' });
  model.trainStep(batch, 1, { units: 0, words: 0, random: new Random(1) });
  const after = model.weights();
  return new Map(
    [...weights].map(([name, { data }]) => {
      const moved = after.get(name)!.data;
      return [name, Float64Array.from(data, (before, i) => before - moved[i]!)];
    }),
  );
}

/** Predictions for sentences of any lengths, each padded as told. */
function predict(spec: ModelSpec, weights: Weights, sentences: readonly (readonly number[])[]): number[] {
  const length = Math.max(...sentences.map((sentence) => sentence.length));
  const ids = new Int32Array(sentences.length * length);
  sentences.forEach((sentence, i) => {
    ids.set(sentence, i * length);
  });
  const lengths = Int32Array.from(sentences, (sentence) => sentence.length);
  const batch = { size: sentences.length, length, ids, lengths, labels: new Int32Array(sentences.length) };
  return Array.from(new Classifier(engine, spec, weights).predict(batch).data);
}

function assertClose(found: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]!) < tolerance, `${value} is not ${expected[i]}`);
  });
}

const graph = (nodes: GraphNode[], changed: Partial<GraphBody> = {}): GraphBody => ({
  kind: 'graph',
  nodes,
  hidden: [],
  maskZero: true,
  dialect: 'keras',
  ...changed,
});
const node = (name: string, className: string, config = {}, ...inputs: string[]): GraphNode => ({
  name,
  className,
  config,
  inputs,
});
const model = (body: Body, masked = true): ModelSpec => ({
  embedding: { rows: 12, dimension: 4 },
  body,
  head: 'softmax',
  classes: 3,
  masked,
});

describe('a graph of layers', () => {
  for (const one of cases) {
    it(`learns along the gradient of its loss: ${one.name}`, () => {
      const [spec, weights] = factorized(one);
      for (const [name, gradient] of gradientsOf(spec, weights, one.batch)) {
        if (name.includes('/moving_')) continue;
        const norm = Math.hypot(...gradient);
        const loss = (step: number): number => {
          const moved = copy(weights);
          moved.get(name)!.data.forEach((x, i, data) => (data[i] = x + (step * gradient[i]!) / norm));
          return lossOf(spec, moved, one.batch);
        };
        if (norm < 1e-6) continue;
        const found = (loss(2e-3) - loss(-2e-3)) / 4e-3;
        assert.ok(Math.abs(found - norm) < 3e-4 + 0.03 * norm, `${name}: slope ${found}, gradient ${norm}`);
      }
    });
  }

  it('trains the factors, or the table, alone as it does with all, whatever the layers', () => {
    for (const one of cases) {
      checkFactorsAlone(engine, one.spec, one.weights, one.batch);
      checkFactorsAlone(engine, ...factorized(one), one.batch);
    }
  });

  for (const { name, spec, weights } of cases.filter((one) => one.spec.masked)) {
    it(`predicts the same however a sentence is padded: ${name}`, () => {
      const { length: _, ...body } = spec.body;
      const any: ModelSpec = { ...spec, body };
      const sentences = [
        [3, 4, 3, 7],
        [2, 1],
        [9, 11, 5, 1, 8],
      ];
      const alone = sentences.flatMap((sentence) => predict(any, weights, [sentence]));
      assertClose(predict(any, weights, sentences), alone);
      const left = sentences.map((sentence) => [
        ...new Array<number>(8 - sentence.length).fill(0),
        ...sentence,
      ]);
      assertClose(predict(any, weights, left), alone);
    });
  }

  it('computes what the bodies with names do', () => {
    const mean = node('mean', 'GlobalAveragePooling1D', {}, 'x');
    const sequences = { units: 3, return_sequences: true };
    const wrapped = (class_name: string, config: object): object => ({ layer: { class_name, config } });
    const lstm = { kind: 'lstm', units: 3, peepholes: false, hidden: [] } as const;
    const pairs: readonly (readonly [Body, GraphBody, (name: string) => string])[] = [
      [
        { kind: 'dan', hidden: [] },
        graph([node('x', 'GlobalAveragePooling1D', {}, 'embedding')]),
        (name) => name,
      ],
      [
        { ...lstm, pooling: 'mean' },
        graph([node('x', 'LSTM', sequences, 'embedding'), mean]),
        (name) => name.replace(/^lstm/, 'graph/x'),
      ],
      [
        { kind: 'gru', units: 3, pooling: 'last', hidden: [] },
        graph([node('x', 'GRU', { units: 3 }, 'embedding')]),
        (name) => name.replace(/^gru/, 'graph/x'),
      ],
      [
        { kind: 'bilstm', units: 3, pooling: 'last', hidden: [] },
        graph([node('x', 'Bidirectional', wrapped('LSTM', { units: 3 }), 'embedding')]),
        (name) => name.replace(/^bilstm/, 'graph/x'),
      ],
    ];
    const sentences = [[3, 4, 3, 7], [2], [9, 11, 5]];
    for (const [named, body, rename] of pairs) {
      const { weights } = randomCheckpoint(model(named));
      const renamed = new Map([...weights].map(([name, tensor]) => [rename(name), tensor]));
      assertClose(predict(model(body), renamed, sentences), predict(model(named), weights, sentences));
      const costs = [model(named), model(body)].map((spec) => totalCost(layerCosts(spec, 7.5)));
      assert.deepEqual(costs[0], costs[1]);
    }
  });

  it('has zeros for the mean of no tokens, where Keras has NaN', () => {
    const spec = model(graph([node('x', 'GlobalAveragePooling1D', {}, 'embedding')]));
    const { weights } = randomCheckpoint(spec);
    const bias = weights.get('head/bias')!.data.map(Math.exp);
    const expected = Array.from(bias, (x) => x / bias.reduce((a, b) => a + b, 0));
    assertClose(predict(spec, weights, [[0, 0]]), expected);
    assertClose(predict(spec, weights, [[]]), expected);
  });

  it('counts padding in an average of the dialect tfjs', () => {
    const body = graph([node('x', 'GlobalAveragePooling1D', {}, 'embedding')], { dialect: 'tfjs' });
    const { weights } = randomCheckpoint(model(body, false));
    const unmasked = graph(body.nodes as GraphNode[], { maskZero: false });
    const sentence = [[3, 0, 5, 0]];
    assertClose(
      predict(model(body, false), weights, sentence),
      predict(model(unmasked, false), weights, sentence),
    );
  });

  it('keeps the one mask of inputs that it merges as Keras 2 does, and none as Keras 3 does', () => {
    for (const className of ['Add', 'Multiply', 'Average', 'Maximum', 'Concatenate']) {
      // It takes no mask, and a window of one sees no padding beside a token.
      const convolution = { filters: 4, kernel_size: 1 };
      const merged = (rule: object, reversed: boolean): GraphBody =>
        graph([
          node('y', 'Conv1D', convolution, 'embedding'),
          node('z', className, rule, ...(reversed ? ['y', 'embedding'] : ['embedding', 'y'])),
          node('mean', 'GlobalAveragePooling1D', {}, 'z'),
        ]);
      for (const reversed of [false, true]) {
        const keras2 = model(merged({ merged_mask: 'all' }, reversed), false);
        const { weights } = randomCheckpoint(keras2);
        assertClose(predict(keras2, weights, [[3, 5, 0, 0]]), predict(keras2, weights, [[3, 5]]));
        // Of their masks there is more to it: see `mergedRows`.
        if (className === 'Multiply' || className === 'Maximum') continue;
        const keras3 = model(merged({}, reversed), false);
        assertClose(
          predict(keras3, weights, [[3, 5, 0, 0]]),
          predict(model({ ...merged({}, reversed), maskZero: false }, false), weights, [[3, 5, 0, 0]]),
        );
      }
    }
  });

  it('drops in training alone, the same for the same seed', () => {
    for (const className of ['Dropout', 'SpatialDropout1D']) {
      const spec = model(
        graph([
          node('d', className, { rate: 0.5 }, 'embedding'),
          node('x', 'GlobalAveragePooling1D', {}, 'd'),
        ]),
      );
      const { weights } = randomCheckpoint(spec);
      const { batch } = cases[0]!;
      const step = (seed: number): number =>
        new Classifier(engine, spec, copy(weights)).trainStep(batch, 0, {
          units: 0,
          words: 0,
          random: new Random(seed),
        });
      assert.equal(step(1), step(1));
      assert.notEqual(step(1), step(2));
      const steps = Array.from({ length: 400 }, (_, seed) => step(seed));
      const plain = lossOf(spec, weights, batch);
      assert.ok(!steps.some((loss) => Math.abs(loss - plain) < 1e-6), 'something is dropped in every step');
    }
  });

  it('leaves the moving statistics of a BatchNormalization as they are', () => {
    const { spec, weights, batch } = cases.find(({ name }) => name === 'BatchNormalization, masked')!;
    const gradients = gradientsOf(spec, weights, batch);
    const fixed = [...gradients].filter(([name]) => name.includes('/moving_'));
    assert.equal(fixed.length, 4);
    for (const [, gradient] of fixed) assert.ok(gradient.every((x) => x === 0));
    assert.ok(gradients.get('graph/n0/gamma')!.every((x) => x !== 0));
  });

  it('has a cost for each of its weights', () => {
    for (const { spec } of cases) {
      const { parameters, flopsPerSentence } = totalCost(layerCosts(spec, 5));
      const shapes = [...weightShapes(spec).values()];
      assert.equal(
        parameters,
        shapes.map((shape) => shape.reduce((a, b) => a * b, 1)).reduce((a, b) => a + b, 0),
      );
      assert.ok(flopsPerSentence > 0);
    }
  });

  it('comes back from JSON as it was', () => {
    for (const { spec } of cases) assert.deepEqual(checkSpec(JSON.parse(JSON.stringify(spec)), 'file'), spec);
  });

  const refused: readonly (readonly [why: string, body: Partial<GraphBody>, words: RegExp])[] = [
    [
      'of an unknown class',
      { nodes: [node('x', 'ConvLSTM1D', {}, 'embedding')] },
      /'x' \(ConvLSTM1D\).*no such layer/,
    ],
    [
      'with an input that comes later',
      { nodes: [node('x', 'Flatten', {}, 'y')] },
      /'x'.*'y' is not before it/,
    ],
    [
      'that lead to nothing',
      {
        nodes: [
          node('x', 'GlobalMaxPooling1D', {}, 'embedding'),
          node('y', 'GlobalAveragePooling1D', {}, 'embedding'),
        ],
      },
      /'x' leads to nothing/,
    ],
    [
      'that hand on sequences to the head',
      { nodes: [node('x', 'Dropout', { rate: 0.1 }, 'embedding')] },
      /a vector a token/,
    ],
    ['with improper sizes', { nodes: [node('x', 'LSTM', { units: 0 }, 'embedding')] }, /units is 0/],
    [
      'with unknown activations',
      { nodes: [node('x', 'LSTM', { units: 2, activation: 'mish' }, 'embedding')] },
      /activation is "mish"/,
    ],
    [
      'with a softmax in a recurrence',
      { nodes: [node('x', 'GRU', { units: 2, recurrent_activation: 'softmax' }, 'embedding')] },
      /'x' \(GRU\).*recurrent_activation is softmax/,
    ],
    [
      'with a softmax in one direction of two',
      {
        nodes: [
          node(
            'x',
            'Bidirectional',
            { layer: { class_name: 'LSTM', config: { units: 2, activation: 'softmax' } } },
            'embedding',
          ),
        ],
      },
      /'x' \(LSTM\).*activation is softmax/,
    ],
    [
      'that flatten any length',
      { nodes: [node('x', 'Flatten', {}, 'embedding')] },
      /length of the model's input is not fixed/,
    ],
    [
      'with windows that do not fit',
      {
        length: 3,
        nodes: [
          node('c', 'Conv1D', { filters: 2, kernel_size: 4 }, 'embedding'),
          node('x', 'Flatten', {}, 'c'),
        ],
      },
      /longer than the 3 steps/,
    ],
    [
      'that are stateful',
      { nodes: [node('x', 'GRU', { units: 2, stateful: true }, 'embedding')] },
      /stateful is true/,
    ],
    [
      'that merge what differs in shape',
      {
        nodes: [
          node('c', 'Dense', { units: 2 }, 'embedding'),
          node('a', 'Add', {}, 'c', 'embedding'),
          node('x', 'GlobalMaxPooling1D', {}, 'a'),
        ],
      },
      /'a' \(Add\).*differ in their shape/,
    ],
  ];
  for (const [why, body, words] of refused) {
    it(`is refused with layers ${why}`, () => {
      const spec = model({ ...graph([]), ...body }, false);
      assert.throws(
        () => checkSpec(spec, 'model.json'),
        (error) =>
          error instanceof UserError && words.test(error.message) && error.place?.file === 'model.json',
      );
    });
  }

  it('is refused where its description is improper', () => {
    const proper = model(graph([node('x', 'GlobalMaxPooling1D', {}, 'embedding')]), false);
    const improper: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ ...proper.body, nodes: [] }, 'body.nodes'],
      [{ ...proper.body, nodes: [null] }, 'body.nodes[0]'],
      [{ ...proper.body, hidden: [3] }, 'body.hidden'],
      [{ ...proper.body, dialect: 'torch' }, 'body.dialect'],
      [{ ...proper.body, length: -1 }, 'body.length'],
    ];
    for (const [body, field] of improper) {
      assert.throws(
        () => checkSpec({ ...proper, body }, 'model.json'),
        (error) => error instanceof UserError && error.place?.item === field,
      );
    }
    // The maximum counts padding, whatever the mask says.
    assert.throws(
      () => checkSpec({ ...proper, masked: true }, 'model.json'),
      (error) => error instanceof UserError && error.place?.item === 'masked',
    );
  });

  it('refuses sentences that do not fit its input, and ones shorter than a window', () => {
    const long = model(graph([node('x', 'Flatten', {}, 'embedding')], { length: 2 }), false);
    assert.throws(() => {
      checkInputLength(long, 3);
    }, /takes sentences of 2 tokens/);
    assert.throws(() => {
      checkInputLength(long, 1);
    }, /takes sentences of 2 tokens/);
    const convolution = node('c', 'Conv1D', { filters: 2, kernel_size: 4 }, 'embedding');
    const short = model(graph([convolution, node('x', 'GlobalMaxPooling1D', {}, 'c')]), false);
    assert.throws(
      () => predict(short, randomCheckpoint(short).weights, [[1, 2]]),
      /windows of 4 steps do not fit/,
    );
  });
});
