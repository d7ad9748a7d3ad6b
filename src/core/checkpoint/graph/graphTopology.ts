import type { ModelSpec } from '../checkpoint.ts';
import type { GraphBody } from '../graphBody.ts';
import { headUnits } from '../headUnits.ts';
import type { Dialect } from '../specOfLayers.ts';
import { Graph } from '../tfjsGraph.ts';
import type { Topology } from '../tfjsTopology.ts';
import { addGraph } from './addGraph.ts';
import { graphWidth } from './describeGraph.ts';
import { savedMaskZero } from './expressible.ts';

/**
 * The stock layers of a graph with its embedding, or the factors of it, and its head. They have the names that they had
 * where the model comes from.
 */
export function graphTopology(spec: ModelSpec & { readonly body: GraphBody }, dialect: Dialect): Topology {
  const { embedding, body } = spec;
  const { rows, dimension, rank } = embedding;
  const taken = new Set(body.nodes.map(({ name }) => name));
  const named = (known: string | undefined, otherwise: string): string => {
    let name = known ?? otherwise;
    for (let i = 1; taken.has(name); i++) name = `${otherwise}_${i}`;
    taken.add(name);
    return name;
  };
  const { names } = body;
  const [input, table] = [named(names?.input, 'ids'), named(names?.embedding, 'embedding')];
  const head = named(names?.head, 'head');
  const graph = new Graph();
  const shape = [null, body.length ?? null];
  graph.add('InputLayer', input, { batch_input_shape: shape, dtype: 'int32', sparse: false }, []);
  const width = rank ?? dimension;
  const maskZero = savedMaskZero(body, dimension, dialect);
  graph.add(
    'Embedding',
    table,
    { input_dim: rows, output_dim: width, mask_zero: maskZero, input_length: null, trainable: true },
    [input],
  );
  graph.weight(`${table}/embeddings`, [rows, width], rank === undefined ? 'embedding/table' : 'embedding/A');
  const embedded =
    rank === undefined
      ? table
      : graph.dense(named(names?.factor, 'embedding_factor'), table, rank, dimension, {}, 'embedding/B');
  const features = addGraph(graph, body, dimension, dialect, input, embedded);
  const { activation, units } = headUnits(spec);
  const apart = names?.activation;
  let output = graph.dense(
    head,
    features,
    graphWidth(body, dimension),
    units,
    { activation: apart === undefined ? activation : 'linear' },
    'head/kernel',
    'head/bias',
  );
  if (apart !== undefined) {
    // tfjs hands a Softmax layer the mask of another one.
    const isSoftmax = apart.className === 'Softmax' && dialect === 'keras';
    output = graph.add(
      isSoftmax ? 'Softmax' : 'Activation',
      named(apart.name, 'activation'),
      isSoftmax ? { axis: -1 } : { activation },
      [output],
    );
  }
  return { layers: graph.layers, input, output, weights: graph.weights };
}
