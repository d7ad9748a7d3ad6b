import type { GraphBody, GraphNode } from '../../src/core/checkpoint/graphBody.ts';
import type { ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import { isPaddingMasked } from '../../src/core/checkpoint/graph/describeGraph.ts';
import { Random } from '../../src/core/random.ts';
import type { Batch } from '../../src/core/text/encoded.ts';
import { randomCheckpoint } from './randomCheckpoint.ts';

const rows = 12;
const dimension = 4;
const steps = 7;

type Config = Readonly<Record<string, unknown>>;

/** A node after the one before it, or after `inputs`. */
type Link = readonly [className: string, config: Config, inputs?: readonly string[]];

/** Nodes `n0`, `n1`, ... each after the one before it where it does not say otherwise. */
function chain(...links: readonly Link[]): GraphNode[] {
  return links.map(([className, config, inputs], i) => ({
    name: `n${i}`,
    className,
    config,
    inputs: inputs ?? [i === 0 ? 'embedding' : `n${i - 1}`],
  }));
}

const average: Link = ['GlobalAveragePooling1D', {}];
const maximum: Link = ['GlobalMaxPooling1D', {}];
const bidirectional = (className: string, config: Config, merge_mode = 'concat'): Link => [
  'Bidirectional',
  { layer: { class_name: className, config }, merge_mode },
];

const activations = [
  ...[
    'linear',
    'relu',
    'sigmoid',
    'tanh',
    'softmax',
    'softplus',
    'softsign',
    'elu',
    'selu',
    'gelu',
    'silu',
    'swish',
  ],
  ...['leaky_relu', 'hard_sigmoid', 'relu6'],
];
const recurrent = { LSTM: {}, GRU: { reset_after: true }, SimpleRNN: {} };
const recurrentConfigs: Readonly<Record<string, Config>> = {
  'last output': {},
  sequences: { return_sequences: true },
  'sequences, backwards': { return_sequences: true, go_backwards: true },
  'backwards, without bias': { go_backwards: true, use_bias: false },
  'sequences, zero output': { return_sequences: true, zero_output_for_mask: true },
  'last output, zero output': { zero_output_for_mask: true },
  'other activations': {
    activation: 'softsign',
    recurrent_activation: 'hard_sigmoid',
    return_sequences: true,
  },
};

function recurrentCases(): [string, GraphNode[]][] {
  return Object.entries(recurrent).flatMap(([className, own]) =>
    Object.entries(recurrentConfigs).flatMap(([name, config]): [string, GraphNode[]][] => {
      const { recurrent_activation: gate, ...rest } = config;
      const all = {
        units: 5,
        ...own,
        ...rest,
        ...(className !== 'SimpleRNN' && gate !== undefined && { recurrent_activation: gate }),
      };
      const links = [[className, all] as Link, ...(config.return_sequences === true ? [average] : [])];
      const before: [string, GraphNode[]] = [
        `GRU, reset before the product, ${name}`,
        chain([className, { ...all, reset_after: false }], ...links.slice(1)),
      ];
      return [[`${className}, ${name}`, chain(...links)], ...(className === 'GRU' ? [before] : [])];
    }),
  );
}

const nodes: Readonly<Record<string, GraphNode[]>> = {
  'a deep averaging network': chain(
    ['SpatialDropout1D', { rate: 0 }],
    average,
    ['Dense', { units: 5, activation: 'relu' }],
    ['Dropout', { rate: 0 }],
  ),
  'Dense without bias, of every step': chain(['Dense', { units: 6, use_bias: false }], average),
  ...Object.fromEntries(
    activations.map((activation) => [
      `Dense, ${activation}`,
      chain(['Dense', { units: 5, activation }], average),
    ]),
  ),
  'an Activation': chain(average, ['Activation', { activation: 'tanh' }]),
  ReLU: chain(['ReLU', { max_value: 1, negative_slope: 0.1, threshold: 0.2 }], average),
  LeakyReLU: chain(['LeakyReLU', { negative_slope: 0.25 }], average),
  ELU: chain(['ELU', { alpha: 0.7 }], average),
  Softmax: chain(average, ['Dense', { units: 5 }], ['Softmax', { axis: -1 }]),
  'TimeDistributed Dense': chain(
    ['TimeDistributed', { layer: { class_name: 'Dense', config: { units: 3, activation: 'tanh' } } }],
    average,
  ),
  ...Object.fromEntries(
    [
      ['Activation', { activation: 'tanh' }] as const,
      ['LayerNormalization', { axis: [1], epsilon: 1e-5 }] as const,
      ['BatchNormalization', { axis: -1, scale: false }] as const,
    ].map(([className, config]) => [
      `TimeDistributed ${className}`,
      chain(['TimeDistributed', { layer: { class_name: className, config } }], average),
    ]),
  ),
  maximum: chain(maximum),
  ...Object.fromEntries(recurrentCases()),
  'two LSTMs': chain(['LSTM', { units: 3, return_sequences: true }], ['LSTM', { units: 4 }]),
  ...Object.fromEntries(
    ['concat', 'sum', 'mul', 'ave'].flatMap((mode) => [
      [`Bidirectional LSTM, ${mode}`, chain(bidirectional('LSTM', { units: 4 }, mode))],
      [
        `Bidirectional GRU of sequences, ${mode}`,
        chain(bidirectional('GRU', { units: 4, return_sequences: true }, mode), average),
      ],
    ]),
  ),
  'Bidirectional SimpleRNN of sequences, then a maximum': chain(
    bidirectional('SimpleRNN', { units: 4, return_sequences: true }),
    maximum,
  ),
  ...Object.fromEntries(
    [
      { kernel_size: 3, activation: 'relu' },
      { kernel_size: [3], padding: 'same' },
      { kernel_size: 4, padding: 'same', strides: [2] },
      { kernel_size: 3, padding: 'causal', dilation_rate: [2], activation: 'tanh' },
      { kernel_size: 2, strides: 3, use_bias: false },
      { kernel_size: 3, padding: 'same', dilation_rate: 2 },
    ].map((config) => [
      `Conv1D, ${JSON.stringify(config)}`,
      chain(['Conv1D', { filters: 5, ...config }], average),
    ]),
  ),
  ...Object.fromEntries(
    ['MaxPooling1D', 'AveragePooling1D'].flatMap((className) =>
      [
        { pool_size: 2 },
        { pool_size: 3, strides: 2, padding: 'same' },
        { pool_size: [3], strides: [1], padding: 'valid' },
        { pool_size: 2, strides: 3, padding: 'same' },
      ].map((config) => [
        `${className}, ${JSON.stringify(config)}`,
        chain([className, config], ['LSTM', { units: 3 }]),
      ]),
    ),
  ),
  Flatten: chain(['Conv1D', { filters: 3, kernel_size: 2 }], ['Flatten', {}], ['Dense', { units: 4 }]),
  LayerNormalization: chain(['LayerNormalization', { epsilon: 0.01 }], average, [
    'LayerNormalization',
    { axis: [1], center: false },
  ]),
  BatchNormalization: chain(['BatchNormalization', { epsilon: 0.01 }], average, [
    'BatchNormalization',
    { axis: 1, scale: false },
  ]),
  'BatchNormalization, then windows and a Flatten': chain(
    ['BatchNormalization', { epsilon: 0.1 }],
    ['Conv1D', { filters: 3, kernel_size: 3 }],
    ['GlobalAveragePooling1D', {}, ['n0']],
    ['Flatten', {}, ['n0']],
    ['Flatten', {}, ['n1']],
    ['Concatenate', {}, ['n2', 'n3', 'n4']],
  ),
  'BatchNormalization, then windows with padding': chain(
    ['BatchNormalization', {}],
    ['Conv1D', { filters: 3, kernel_size: 3, padding: 'same' }],
    average,
  ),
  'parts of the embedding side by side with others': chain(
    ['Dense', { units: 3, activation: 'tanh' }],
    ['BatchNormalization', { epsilon: 0.1 }, ['embedding']],
    ['Concatenate', {}, ['embedding', 'n0', 'n1']],
    ['BatchNormalization', { epsilon: 0.1 }],
    ['GRU', { units: 3 }],
    ['AveragePooling1D', { pool_size: 3, strides: 2, padding: 'same' }, ['n3']],
    bidirectional('LSTM', { units: 2 }),
    ['Concatenate', {}, ['n4', 'n6']],
  ),
  'a TextCNN': chain(
    ['Conv1D', { filters: 3, kernel_size: 2, activation: 'relu' }],
    maximum,
    ['Conv1D', { filters: 4, kernel_size: 3, activation: 'relu' }, ['embedding']],
    maximum,
    ['Concatenate', { axis: -1 }, ['n1', 'n3']],
  ),
  'Concatenate in time': chain(
    ['Dense', { units: 4 }],
    ['Concatenate', { axis: 1 }, ['embedding', 'n0', 'embedding']],
    ['LSTM', { units: 3 }],
  ),
  'Concatenate of a sequence and one without a mask': chain(
    ['Conv1D', { filters: 4, kernel_size: 3, padding: 'same' }],
    ['Concatenate', {}, ['embedding', 'n0']],
    average,
  ),
  ...Object.fromEntries(
    ['Add', 'Multiply', 'Average', 'Maximum'].map((className) => [
      className,
      chain(
        ['Dense', { units: 4, activation: 'tanh' }],
        ['Dense', { units: 4 }, ['embedding']],
        [className, {}, ['embedding', 'n0', 'n1']],
        average,
      ),
    ]),
  ),
  // What follows sees the steps that the mask does not count; a convolution has no mask.
  ...Object.fromEntries(
    ['Multiply', 'Maximum'].flatMap((className): [string, GraphNode[]][] => [
      [
        `${className}, all of it seen`,
        chain(
          ['Dense', { units: 4, activation: 'tanh' }],
          [className, {}, ['n0', 'embedding']],
          ['Flatten', {}],
        ),
      ],
      ...[
        ['embedding', 'n0', 'n1'],
        ['n0', 'embedding', 'n1'],
        ['embedding', 'n1', 'n0'],
      ].map((inputs): [string, GraphNode[]] => [
        `${className} of ${inputs.join(', ')}, all of it seen`,
        chain(
          ['Conv1D', { filters: 4, kernel_size: 2, padding: 'same' }],
          ['Dense', { units: 4 }, ['embedding']],
          [className, {}, inputs],
          ['Flatten', {}],
        ),
      ]),
    ]),
  ),
  'a sequence added to itself': chain(['Add', {}, ['embedding', 'embedding']], average),
  'mean and maximum of a BiLSTM, with a residual': chain(
    bidirectional('LSTM', { units: 2, return_sequences: true }),
    ['Add', {}, ['embedding', 'n0']],
    ['GlobalAveragePooling1D', {}, ['n1']],
    ['GlobalMaxPooling1D', {}, ['n1']],
    ['Concatenate', {}, ['n2', 'n3']],
    ['Dense', { units: 4, activation: 'relu' }],
  ),
};

/** Before heads that are free of biases. */
const beforeBiasFree: Readonly<Record<string, GraphNode[]>> = {
  'a head without bias': chain(average, ['Dense', { units: 5, activation: 'relu' }]),
  'a head without bias, after the average': chain(average),
  'BatchNormalization, then a head without bias': chain(['BatchNormalization', {}], average),
};

export interface GraphCase {
  readonly name: string;
  readonly spec: ModelSpec & { readonly body: GraphBody };
  readonly weights: Weights;
  readonly batch: Batch;
}

/** Small models over all layers, with masks and without; normal weights, and sentences with gaps. */
export function graphCases(): GraphCase[] {
  return Object.entries({ ...nodes, ...beforeBiasFree }).flatMap(([name, graph]) =>
    [true, false].map((maskZero): GraphCase => {
      const body: GraphBody = {
        kind: 'graph',
        nodes: graph,
        hidden: [],
        length: steps,
        maskZero,
        dialect: 'keras',
      };
      const masked = isPaddingMasked(body, dimension);
      const spec = {
        embedding: { rows, dimension },
        body,
        head: 'softmax',
        ...(name in beforeBiasFree ? { biasFree: true as const } : {}),
        classes: 3,
        masked,
      } as const;
      const { weights } = randomCheckpoint(spec);
      for (const [weight, { data }] of weights) {
        if (weight.endsWith('moving_variance')) data.forEach((x, i) => (data[i] = 0.5 + x * x));
        else if (!weight.startsWith('embedding')) data.forEach((x, i) => (data[i] = 0.6 * x));
      }
      return { name: `${name}${maskZero ? ', masked' : ''}`, spec, weights, batch: gappedBatch() };
    }),
  );
}

/** Padding at the end, at the beginning, and in between. */
function gappedBatch(): Batch {
  const random = new Random(23);
  const sentences = [
    [1, 1, 1, 1, 0, 0, 0],
    [0, 0, 1, 1, 1, 1, 1],
    [1, 0, 1, 1, 0, 1, 0],
    [1, 1, 1, 1, 1, 1, 1],
    [0, 1, 0, 0, 0, 0, 1],
  ];
  const ids = Int32Array.from(sentences.flat(), (is) => is * (1 + random.integer(rows - 1)));
  const size = sentences.length;
  return {
    size,
    length: steps,
    ids,
    lengths: new Int32Array(size).fill(steps),
    labels: Int32Array.from({ length: size }, (_, i) => i % 3),
  };
}
