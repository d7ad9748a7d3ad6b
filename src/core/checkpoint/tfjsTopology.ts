import type { ModelSpec } from './checkpoint.ts';

/** A weight of the saved model: ours by name, or constants that only the saved graph needs. */
export interface SavedWeight {
  /** As tfjs names it: layer/weight. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly source: string | Float32Array;
}

export interface Topology {
  readonly layers: readonly Record<string, unknown>[];
  readonly output: string;
  readonly weights: readonly SavedWeight[];
}

type Config = Record<string, unknown>;

/** Collects layers and their weights; each method adds one and returns its name. */
class Graph {
  readonly layers: Record<string, unknown>[] = [];
  readonly weights: SavedWeight[] = [];

  add(className: string, name: string, config: Config, inputs: readonly string[]): string {
    const inbound = inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])];
    this.layers.push({ class_name: className, name, config: { name, ...config }, inbound_nodes: inbound });
    return name;
  }

  weight(name: string, shape: readonly number[], source: string | Float32Array): void {
    this.weights.push({ name, shape, source });
  }

  dense(
    name: string,
    input: string,
    inputs: number,
    units: number,
    config: Config,
    kernel: string | Float32Array,
    bias?: string | Float32Array,
  ): string {
    this.add(
      'Dense',
      name,
      { units, activation: 'linear', ...config, use_bias: bias !== undefined, trainable: true },
      [input],
    );
    this.weight(`${name}/kernel`, [inputs, units], kernel);
    if (bias !== undefined) this.weight(`${name}/bias`, [units], bias);
    return name;
  }
}

/**
 * The graph of stock layers that computes what the spec says. tfjs's own average pooling counts the padding, so the
 * mean over the real tokens is built of layers that are exact there: from each id a logit, 0 for a token and -1e9 for
 * the padding (row 0), their softmax over time, which is 1/T at each token and exactly 0 at the padding, and a dot
 * product with the vectors. It takes four numbers, whatever the vocabulary. A sentence of padding alone gives the
 * padding's own row.
 *
 * @throws Error for peepholes, which no stock layer has.
 */
export function topologyOf(spec: ModelSpec): Topology {
  const { embedding, body, masked } = spec;
  const { rows, dimension, rank } = embedding;
  const width = rank ?? dimension;
  const graph = new Graph();
  graph.add('InputLayer', 'ids', { batch_input_shape: [null, null], dtype: 'int32', sparse: false }, []);
  const maskZero = masked && body.kind === 'lstm';
  graph.add(
    'Embedding',
    'embedding',
    { input_dim: rows, output_dim: width, mask_zero: maskZero, input_length: null, trainable: true },
    ['ids'],
  );
  graph.weight('embedding/embeddings', [rows, width], rank === undefined ? 'embedding/table' : 'embedding/A');

  const expand = (input: string): string =>
    rank === undefined ? input : graph.dense('embedding_factor', input, rank, dimension, {}, 'embedding/B');
  const mean = (sequence: string, size: number): string =>
    masked
      ? maskedMean(graph, sequence, size)
      : graph.add('GlobalAveragePooling1D', 'average', {}, [sequence]);

  let last: string;
  let features: number;
  if (body.kind === 'dan') {
    last = expand(mean('embedding', width));
    features = dimension;
  } else {
    if (body.peepholes) throw new Error('No stock layer has peepholes.');
    const { units, pooling } = body;
    const input = expand('embedding');
    last = graph.add(
      'LSTM',
      'lstm',
      {
        units,
        activation: 'tanh',
        recurrent_activation: 'sigmoid',
        use_bias: true,
        return_sequences: pooling === 'mean',
        return_state: false,
        go_backwards: false,
        stateful: false,
        unroll: false,
        unit_forget_bias: true,
        implementation: 1,
        trainable: true,
      },
      [input],
    );
    graph.weight('lstm/kernel', [dimension, 4 * units], 'lstm/kernel');
    graph.weight('lstm/recurrent_kernel', [units, 4 * units], 'lstm/recurrent_kernel');
    graph.weight('lstm/bias', [4 * units], 'lstm/bias');
    if (pooling === 'mean') last = mean(last, units);
    features = units;
  }
  body.hidden.forEach((units, i) => {
    last = graph.dense(
      `hidden_${i}`,
      last,
      features,
      units,
      { activation: 'relu' },
      `hidden_${i}/kernel`,
      `hidden_${i}/bias`,
    );
    features = units;
  });
  const activation = { softmax: 'softmax', sigmoid: 'sigmoid', logits: 'linear' }[spec.head];
  const outputs = spec.head === 'sigmoid' ? 1 : spec.classes;
  last = graph.dense('head', last, features, outputs, { activation }, 'head/kernel', 'head/bias');
  return { layers: graph.layers, output: last, weights: graph.weights };
}

/** The mean of a sequence's vectors over its real tokens, batch x size. */
function maskedMean(graph: Graph, sequence: string, size: number): string {
  const row = graph.add('RepeatVector', 'ids_row', { n: 1 }, ['ids']);
  const column = graph.add('Permute', 'ids_column', { dims: [2, 1] }, [row]);
  // relu(1 - id) is 1 at row 0 and 0 at every other.
  const padding = graph.dense(
    'is_padding',
    column,
    1,
    1,
    { activation: 'relu' },
    Float32Array.of(-1),
    Float32Array.of(1),
  );
  const logit = graph.dense('padding_logit', padding, 1, 1, {}, Float32Array.of(-1e9));
  const logits = graph.add('Permute', 'padding_logits', { dims: [2, 1] }, [logit]);
  // Not a Softmax layer: tfjs hands it the mask of another branch.
  const shares = graph.add('Activation', 'token_shares', { activation: 'softmax' }, [logits]);
  const dot = graph.add('Dot', 'token_mean', { axes: [2, 1], normalize: false }, [shares, sequence]);
  return graph.add('Reshape', 'average', { target_shape: [size] }, [dot]);
}

/** `modelTopology` of a model.json. */
export function layersModel({ layers, output }: Topology): Record<string, unknown> {
  return {
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
    model_config: {
      class_name: 'Functional',
      config: {
        name: 'text_classifier',
        layers,
        input_layers: [['ids', 0, 0]],
        output_layers: [[output, 0, 0]],
      },
    },
  };
}
