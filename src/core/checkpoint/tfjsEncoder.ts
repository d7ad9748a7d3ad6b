import type { Body } from './checkpoint.ts';
import type { Graph } from './tfjsGraph.ts';

/** What is added to a value that a softmax or a maximum is not to see. */
const excluded = -1e9;

/** A recurrent layer, or both directions of it. @returns the layer of its sequence, or of its last state */
export function addRecurrence(
  graph: Graph,
  body: Extract<Body, { readonly kind: 'lstm' | 'bilstm' | 'gru' }>,
  dimension: number,
  input: string,
): string {
  const { kind, units, pooling } = body;
  const gates = kind === 'gru' ? 3 : 4;
  const config = {
    units,
    activation: 'tanh',
    recurrent_activation: 'sigmoid',
    use_bias: true,
    return_sequences: pooling === 'mean',
    return_state: false,
    go_backwards: false,
    stateful: false,
    unroll: false,
    ...(kind === 'gru' ? { reset_after: true } : { unit_forget_bias: true }),
    implementation: 1,
    trainable: true,
  };
  const weights = (theirs: string, ours: string): void => {
    graph.weight(`${theirs}/kernel`, [dimension, gates * units], `${ours}/kernel`);
    graph.weight(`${theirs}/recurrent_kernel`, [units, gates * units], `${ours}/recurrent_kernel`);
    graph.weight(`${theirs}/bias`, kind === 'gru' ? [2, 3 * units] : [4 * units], `${ours}/bias`);
  };
  if (kind !== 'bilstm') {
    graph.add(kind.toUpperCase(), kind, config, [input]);
    weights(kind, kind);
    return kind;
  }
  const layer = { class_name: 'LSTM', config: { name: 'lstm', ...config } };
  graph.add('Bidirectional', 'bilstm', { merge_mode: 'concat', layer, trainable: true }, [input]);
  weights('bilstm/forward_lstm', 'bilstm/forward');
  weights('bilstm/backward_lstm', 'bilstm/backward');
  return 'bilstm';
}

/**
 * Convolutions and their maxima over time. Where padding is masked, `sequence` is that of the ids with as many zeros
 * behind as the largest width lacks of a single token, and a window counts where it begins with a token and either ends
 * with one or begins the sentence. With p 1 at the padding and 0 at a token, that is where 2 p(first) + p(last) -
 * p(before the first) is not above 0: its ReLU, times -1e9, is added before the maximum. Bias and ReLU may stand on
 * either side of a maximum. A sentence of padding alone gives zeros.
 */
export function addConvolutions(
  graph: Graph,
  { widths, filters }: Extract<Body, { readonly kind: 'cnn' }>,
  dimension: number,
  sequence: string,
  masked: boolean,
): string {
  const padding = masked
    ? graph.isPadding(graph.padIds('framed_ids', 1, Math.max(...widths) - 1, 'column'))
    : undefined;
  const features = widths.map((width) => {
    const activation = padding === undefined ? 'relu' : 'linear';
    const name = `conv_${width}`;
    const shape = [width, dimension, filters] as const;
    graph.convolution(name, sequence, shape, activation, `${name}/kernel`, `${name}/bias`);
    if (padding === undefined) return graph.add('GlobalMaxPooling1D', `max_${width}`, {}, [name]);
    const places = new Float32Array(width + 1);
    places[0]! -= 1;
    places[1]! += 2;
    places[width]! += 1;
    const outside = graph.convolution(`outside_${width}`, padding, [width + 1, 1, 1], 'relu', places);
    const penalty = graph.dense(`penalty_${width}`, outside, 1, 1, {}, Float32Array.of(excluded));
    const sum = graph.add('Add', `windows_${width}`, {}, [name, penalty]);
    const maximum = graph.add('GlobalMaxPooling1D', `max_${width}`, {}, [sum]);
    return graph.add('Activation', `relu_${width}`, { activation: 'relu' }, [maximum]);
  });
  return features.length === 1
    ? (features[0] ?? '')
    : graph.add('Concatenate', 'features', { axis: -1 }, features);
}

/**
 * The mean of a sequence's vectors over its real tokens, batch x size.
 *
 * @param ids the layer of the token ids
 * @param name of the layer that gives the mean; those before it are shared by a model's means
 * @param suffix of their names, where the model has several layers of ids
 */
export function addMaskedMean(
  graph: Graph,
  ids: string,
  sequence: string,
  size: number,
  name = 'average',
  suffix = '',
): string {
  const known = `token_shares${suffix}`;
  const shares = graph.has(known) ? known : addTokenShares(graph, ids, suffix);
  const mean = name === 'average' ? 'token_mean' : `${name}_token_mean`;
  const dot = graph.add('Dot', mean, { axes: [2, 1], normalize: false }, [shares, sequence]);
  return graph.add('Reshape', name, { target_shape: [size] }, [dot]);
}

/** 1/T at each token of a sentence, and 0 at the padding, batch x 1 x length. */
function addTokenShares(graph: Graph, ids: string, suffix: string): string {
  const row = graph.add('RepeatVector', `ids_row${suffix}`, { n: 1 }, [ids]);
  const column = graph.add('Permute', `ids_column${suffix}`, { dims: [2, 1] }, [row]);
  const padding = graph.isPadding(column, suffix);
  const logit = graph.dense(`padding_logit${suffix}`, padding, 1, 1, {}, Float32Array.of(excluded));
  const logits = graph.add('Permute', `padding_logits${suffix}`, { dims: [2, 1] }, [logit]);
  // Not a Softmax layer: tfjs hands it the mask of another branch.
  return graph.add('Activation', `token_shares${suffix}`, { activation: 'softmax' }, [logits]);
}
