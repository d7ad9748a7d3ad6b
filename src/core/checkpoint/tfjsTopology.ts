import type { ModelSpec } from './checkpoint.ts';
import { lackOfGraph } from './graph/expressible.ts';
import { graphTopology } from './graph/graphTopology.ts';
import { isOrderShared } from './graph/maskOperations.ts';
import { tablesOf } from './graph/tables.ts';
import type { GraphBody } from './graphBody.ts';
import type { LayerOutput } from './layers.ts';
import { headUnits } from './headUnits.ts';
import { encoderWidth } from './specFromJson.ts';
import type { Dialect } from './specOfLayers.ts';
import { addConvolutions, addMaskedMean, addRecurrence } from './tfjsEncoder.ts';
import { Graph, type SavedWeight } from './tfjsGraph.ts';

export interface Topology {
  readonly layers: readonly Record<string, unknown>[];
  /** Names of the layers of token ids. */
  readonly inputs: readonly string[];
  /** Name of the last layer, which is called once. */
  readonly output: string;
  /** The layers' outputs by the names of the calls that give them. */
  readonly calls: ReadonlyMap<string, LayerOutput>;
  readonly weights: readonly SavedWeight[];
}

/** Why no stock layers compute, or hold, what the spec says; undefined where some do. */
export function lackOfStockLayers(spec: ModelSpec, dialect: Dialect): string | undefined {
  const { body } = spec;
  const library = dialect === 'tfjs' ? 'tfjs' : 'Keras';
  const coding = tablesOf(spec).find((table) => table.coding)?.coding;
  if (coding) return `No stock ${library} layer holds an embedding in ${coding.kind} coding`;
  if (body.kind === 'lstm' && body.peepholes) {
    return `No stock ${library} layer has peepholes`;
  }
  if (body.kind === 'gru' && dialect === 'tfjs')
    return "tfjs's own GRU lacks reset_after, which is Keras's default";
  return body.kind === 'graph' ? lackOfGraphLayers({ ...spec, body }, dialect) : undefined;
}

function lackOfGraphLayers(
  spec: ModelSpec & { readonly body: GraphBody },
  dialect: Dialect,
): string | undefined {
  const { body, embedding } = spec;
  const lack = lackOfGraph(body, embedding.dimension, dialect);
  if (lack !== undefined || dialect === 'tfjs') return lack;
  return isOrderShared(graphTopology(spec, dialect), body, embedding.dimension)
    ? undefined
    : 'Keras 2 and Keras 3 would give the weights of a file to its layers in different orders';
}

/**
 * The graph of stock layers that computes what the spec says. Keras's own average pooling takes the mask that the
 * embedding makes; a sentence of padding alone gives NaN there. tfjs's counts the padding, so the
 * mean over the real tokens is built of layers that are exact there: from each id a logit, 0 for a token and -1e9 for
 * the padding (row 0), their softmax over time, which is 1/T at each token and exactly 0 at the padding, and a dot
 * product with the vectors. It takes four numbers, whatever the vocabulary. A sentence of padding alone gives the
 * padding's own row. Convolutions are masked in the same spirit: see `addConvolutions`.
 *
 * @throws Error where there are no such layers: see `lackOfStockLayers`.
 */
export function topologyOf(spec: ModelSpec, dialect: Dialect): Topology {
  const { embedding, body, masked } = spec;
  const lack = lackOfStockLayers(spec, dialect);
  if (lack !== undefined) throw new Error(lack);
  if (body.kind === 'graph') return graphTopology({ ...spec, body }, dialect);
  const { rows, dimension, rank } = embedding;
  const width = rank ?? dimension;
  const graph = new Graph();
  graph.add('InputLayer', 'ids', { batch_input_shape: [null, null], dtype: 'int32', sparse: false }, []);
  const maskZero = masked && (dialect === 'keras' ? body.kind !== 'cnn' : /^(bi)?lstm$/.test(body.kind));
  const ids =
    masked && body.kind === 'cnn'
      ? graph.padIds('padded_ids', 0, Math.max(...body.widths) - 1, 'row')
      : 'ids';
  graph.add(
    'Embedding',
    'embedding',
    { input_dim: rows, output_dim: width, mask_zero: maskZero, input_length: null, trainable: true },
    [ids],
  );
  graph.weight('embedding/embeddings', [rows, width], rank === undefined ? 'embedding/table' : 'embedding/A');

  const expand = (input: string): string =>
    rank === undefined ? input : graph.dense('embedding_factor', input, rank, dimension, {}, 'embedding/B');
  const mean = (sequence: string, size: number): string =>
    masked && dialect === 'tfjs'
      ? addMaskedMean(graph, 'ids', sequence, size)
      : graph.add('GlobalAveragePooling1D', 'average', {}, [sequence]);
  const encode = (): string => {
    switch (body.kind) {
      case 'dan':
        return expand(mean('embedding', width));
      case 'lstm':
      case 'bilstm':
      case 'gru': {
        const outputs = addRecurrence(graph, body, dimension, expand('embedding'));
        return body.pooling === 'mean' ? mean(outputs, encoderWidth(body, dimension)) : outputs;
      }
      case 'cnn':
        return addConvolutions(graph, body, dimension, expand('embedding'), masked);
    }
  };
  let last = encode();
  let features = encoderWidth(body, dimension);
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
  const { activation, units: outputs } = headUnits(spec);
  last = graph.dense('head', last, features, outputs, { activation }, 'head/kernel', 'head/bias');
  return { layers: graph.layers, inputs: ['ids'], output: last, calls: graph.calls, weights: graph.weights };
}

/** `modelTopology` of a model.json. */
export function layersModel({ layers, inputs, output }: Topology): Record<string, unknown> {
  return {
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
    model_config: {
      class_name: 'Functional',
      config: {
        name: 'text_classifier',
        layers,
        input_layers: inputs.map((input) => [input, 0, 0]),
        output_layers: [[output, 0, 0]],
      },
    },
  };
}
