import type { GraphBody, GraphNode } from '../../src/core/checkpoint/graphBody.ts';

type Config = Readonly<Record<string, unknown>>;

export function node(
  className: string,
  name: string,
  inputs: string | readonly string[],
  config: Config = {},
): GraphNode {
  return { className, name, inputs: [inputs].flat(), config };
}

export const names = { input: 'tokens', embedding: 'words', head: 'classes' } as const;

const cell = {
  activation: 'tanh',
  recurrent_activation: 'sigmoid',
  use_bias: true,
  go_backwards: false,
  return_sequences: true,
};
const dense = { activation: 'relu', use_bias: true };
const window = { strides: 1, padding: 'valid', dilation_rate: 1, activation: 'relu', use_bias: true };
const normalization = { axis: -1, epsilon: 1e-3, center: true, scale: true };

/** Small graphs of every layer, which both libraries compute alike: none of them sees a mask. */
export const graphs: Readonly<Record<string, readonly GraphNode[]>> = {
  'recurrent branches': [
    node('Bidirectional', 'both', 'embedding', {
      merge_mode: 'concat',
      layer: { class_name: 'LSTM', config: { units: 3, ...cell } },
    }),
    node('GRU', 'gru', 'embedding', { units: 4, ...cell, reset_after: false }),
    node('Concatenate', 'join', ['both', 'gru'], { axis: -1 }),
    node('LayerNormalization', 'norm', 'join', normalization),
    node('Dropout', 'drop', 'norm', { rate: 0.5 }),
    node('GlobalAveragePooling1D', 'mean', 'drop'),
  ],
  'simple recurrence': [
    node('TimeDistributed', 'each', 'embedding', {
      layer: { class_name: 'Dense', config: { units: 5, ...dense } },
    }),
    node('TimeDistributed', 'norm', 'each', {
      layer: { class_name: 'LayerNormalization', config: normalization },
    }),
    node('TimeDistributed', 'bend', 'norm', {
      layer: { class_name: 'ELU', config: { alpha: 0.5 } },
    }),
    node('SpatialDropout1D', 'drop', 'bend', { rate: 0.2 }),
    node('SimpleRNN', 'rnn', 'drop', { units: 4, ...cell, return_sequences: false }),
  ],
  'recurrence without biases': [
    node('Bidirectional', 'both', 'embedding', {
      merge_mode: 'sum',
      layer: { class_name: 'GRU', config: { units: 3, ...cell, use_bias: false, reset_after: false } },
    }),
    node('LSTM', 'lstm', 'both', { units: 4, ...cell, use_bias: false, return_sequences: false }),
  ],
  convolutions: [
    node('Conv1D', 'conv', 'embedding', { filters: 4, kernel_size: 3, ...window, padding: 'same' }),
    node('MaxPooling1D', 'pool', 'conv', { pool_size: 2, strides: 2, padding: 'valid' }),
    node('BatchNormalization', 'norm', 'pool', { ...normalization, momentum: 0.99 }),
    node('AveragePooling1D', 'smooth', 'norm', { pool_size: 2, strides: 1, padding: 'same' }),
    node('Flatten', 'flat', 'smooth'),
    node('Dense', 'dense', 'flat', { units: 5, ...dense, activation: 'linear' }),
    node('LeakyReLU', 'leak', 'dense', { negative_slope: 0.25 }),
  ],
  merges: [
    node('Dense', 'dense', 'embedding', { units: 6, ...dense, use_bias: false }),
    node('Add', 'sum', ['embedding', 'dense']),
    node('Activation', 'bend', 'sum', { activation: 'tanh' }),
    node('Multiply', 'product', ['bend', 'dense']),
    node('GlobalMaxPooling1D', 'most', 'product'),
    node('GlobalAveragePooling1D', 'mean', 'bend'),
    node('Average', 'middle', ['most', 'mean']),
    node('Maximum', 'larger', ['middle', 'most']),
    node('ReLU', 'relu', 'larger', { max_value: 6 }),
  ],
};

export function graphOf(nodes: readonly GraphNode[], rest: Partial<GraphBody> = {}): GraphBody {
  return {
    kind: 'graph',
    nodes,
    hidden: [],
    length: 8,
    maskZero: false,
    dialect: 'keras',
    names,
    ...rest,
  };
}
