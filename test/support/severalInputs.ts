import type { ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import type { EmbeddingConfig, GraphBody, GraphNode } from '../../src/core/checkpoint/graphBody.ts';
import { isPaddingMasked } from '../../src/core/checkpoint/graph/describeGraph.ts';
import { Random } from '../../src/core/random.ts';
import type { Batch } from '../../src/core/text/encoded.ts';
import { node } from './graphs.ts';
import { randomCheckpoint } from './randomCheckpoint.ts';

const rows = 12;
const dimension = 4;

/** A node that reads a table. */
export function embedding(name: string, config: Partial<EmbeddingConfig>, weightsOf?: string): GraphNode {
  return { ...node('Embedding', name, [], { ...config }), ...(weightsOf !== undefined && { weightsOf }) };
}

/** A node with another's weights. */
export function again(name: string, of: GraphNode, ...inputs: readonly string[]): GraphNode {
  return { ...of, name, inputs, weightsOf: of.name };
}

const own = { input_dim: rows, output_dim: 3, mask_zero: true };
const pair = [{ name: 'title', length: 3 }, { name: 'text' }] as const;
const mean = (of: string): GraphNode => node('GlobalAveragePooling1D', `mean_${of}`, of);
const side = (...of: string[]): GraphNode => node('Concatenate', 'side_by_side', of, { axis: -1 });
const lstm = node('LSTM', 'lstm', 'embedding', { units: 3 });
const dense = node('Dense', 'dense', 'embedding', { units: 4, activation: 'tanh' });

/** Bodies with several inputs, several tables, and layers that are called more than once. */
export const bodies: Readonly<Record<string, Partial<GraphBody> & Pick<GraphBody, 'nodes'>>> = {
  'two inputs, each with a table of its own': {
    inputs: pair,
    input: 1,
    nodes: [
      embedding('title_words', { ...own, input: 0 }),
      mean('embedding'),
      mean('title_words'),
      side('mean_embedding', 'mean_title_words'),
    ],
  },
  'two inputs that share a table': {
    inputs: pair,
    nodes: [
      embedding('again', { input: 1 }, 'embedding'),
      node('GRU', 'gru', 'embedding', { units: 3 }),
      node('Conv1D', 'conv', 'again', { filters: 2, kernel_size: 2, activation: 'relu' }),
      node('GlobalMaxPooling1D', 'most', 'conv'),
      mean('again'),
      side('gru', 'most', 'mean_again'),
    ],
  },
  'two tables for one input': {
    nodes: [
      embedding('other', { ...own, output_dim: dimension }),
      node('Add', 'sum', ['embedding', 'other']),
      node('LSTM', 'lstm', 'other', { units: 3 }),
      mean('sum'),
      side('lstm', 'mean_sum'),
    ],
  },
  'one encoder for two inputs': {
    inputs: [{ name: 'left' }, { name: 'right' }],
    nodes: [
      embedding('again', { input: 1 }, 'embedding'),
      lstm,
      again('lstm_again', lstm, 'again'),
      node('Multiply', 'both', ['lstm', 'lstm_again']),
      side('lstm', 'lstm_again', 'both'),
    ],
  },
  'three inputs, two tables, a Dense layer for all': {
    inputs: [{ name: 'a', length: 2 }, { name: 'b' }, { name: 'c', length: 4 }],
    input: 2,
    nodes: [
      embedding('further', { ...own, output_dim: dimension, input: 0 }),
      embedding('further_again', { input: 1 }, 'further'),
      embedding('again', { input: 0 }, 'embedding'),
      dense,
      again('dense_2', dense, 'further'),
      again('dense_3', dense, 'further_again'),
      again('dense_4', dense, 'again'),
      mean('dense'),
      mean('dense_2'),
      mean('dense_3'),
      mean('dense_4'),
      node('GlobalMaxPooling1D', 'most', 'again'),
      side('mean_dense', 'mean_dense_2', 'mean_dense_3', 'mean_dense_4', 'most'),
    ],
  },
};

export interface SeveralCase {
  readonly name: string;
  readonly spec: ModelSpec & { readonly body: GraphBody };
  readonly weights: Weights;
  readonly batch: Batch;
}

/** Small models of these bodies with normal weights, their tables whole or, at `rank`, factorized. */
export function severalCases(rank?: number): SeveralCase[] {
  return Object.entries(bodies).map(([name, changed]) => {
    const nodes = changed.nodes.map((one) =>
      one.className === 'Embedding' && one.weightsOf === undefined && rank !== undefined
        ? { ...one, config: { ...one.config, rank } }
        : one,
    );
    const body: GraphBody = {
      kind: 'graph',
      hidden: [],
      maskZero: true,
      dialect: 'keras',
      ...changed,
      nodes,
    };
    const spec = {
      embedding: { rows, dimension, ...(rank !== undefined && { rank }) },
      body,
      head: 'softmax',
      classes: 3,
      masked: isPaddingMasked(body, dimension),
    } as const;
    const { weights } = randomCheckpoint(spec);
    for (const { data } of weights.values()) data.forEach((x, i) => (data[i] = 0.7 * x));
    return { name, spec, weights, batch: batchOf(8, 4) };
  });
}

/** Sentences of ids and padding; none is padded throughout. */
function batchOf(length: number, size: number): Batch {
  const random = new Random(29);
  const ids = Int32Array.from({ length: size * length }, () =>
    random.uniform() < 0.25 ? 0 : 1 + Math.floor(random.uniform() * (rows - 1)),
  );
  return {
    size,
    length,
    ids,
    lengths: new Int32Array(size).fill(length),
    labels: Int32Array.from({ length: size }, (_, i) => i % 3),
  };
}
