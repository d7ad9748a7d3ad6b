import type { ModelSpec } from '../checkpoint.ts';
import type { GraphBody } from '../graphBody.ts';
import { headUnits } from '../headUnits.ts';
import type { Dialect } from '../specOfLayers.ts';
import { Graph } from '../tfjsGraph.ts';
import type { Topology } from '../tfjsTopology.ts';
import { addGraph } from './addGraph.ts';
import { graphWidth } from './describeGraph.ts';
import { withSavedMasks } from './expressible.ts';
import { embeddingCalls, tablesOf } from './tables.ts';

/**
 * The stock layers of a graph with its embedding, or the factors of it, and its head. They have the names that they had
 * where the model comes from.
 */
export function graphTopology(spec: ModelSpec & { readonly body: GraphBody }, dialect: Dialect): Topology {
  const { body } = spec;
  const { dimension } = spec.embedding;
  const { names } = body;
  const taken = new Set(
    body.nodes
      .filter(({ className }) => className !== 'Embedding')
      .map(({ name }) => names?.layers?.[name] ?? name),
  );
  const named = (known: string | undefined, otherwise: string): string => {
    let name = known ?? otherwise;
    for (let i = 1; taken.has(name); i++) name = `${otherwise}_${i}`;
    taken.add(name);
    return name;
  };
  const graph = new Graph();
  const inputs = (body.inputs ?? [{ name: names?.input, length: body.length }]).map(({ name, length }) =>
    graph.add(
      'InputLayer',
      named(name, 'ids'),
      { batch_input_shape: [null, length ?? null], dtype: 'int32', sparse: false },
      [],
    ),
  );
  const embedded = addEmbeddings(graph, spec, dialect, inputs, named);
  const head = named(names?.head, 'head');
  const features = addGraph(graph, body, dimension, dialect, inputs, embedded);
  const { activation, units } = headUnits(spec);
  const apart = names?.activation;
  let output = graph.dense(
    head,
    features,
    graphWidth(body, dimension),
    units,
    { activation: apart === undefined ? activation : 'linear' },
    'head/kernel',
    spec.biasFree ? undefined : 'head/bias',
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
  return { layers: graph.layers, inputs, output, calls: graph.calls, weights: graph.weights };
}

/**
 * The tables, or their factors, with a call of each for what reads them.
 * @returns names of the calls that give the vectors, by those of what reads them
 */
function addEmbeddings(
  graph: Graph,
  spec: ModelSpec & { readonly body: GraphBody },
  dialect: Dialect,
  inputs: readonly string[],
  named: (known: string | undefined, otherwise: string) => string,
): Map<string, string> {
  const { names } = spec.body;
  const calls = embeddingCalls(withSavedMasks(spec.body, spec.embedding.dimension, dialect));
  const embedded = new Map<string, string>();
  for (const { name: node, prefix, rows, dimension, rank } of tablesOf(spec)) {
    const [first, ...others] = calls.filter(({ table }) => table === node);
    if (first === undefined) throw new Error('A table is read.');
    const isMain = node === 'embedding';
    const layer = named(isMain ? names?.embedding : (names?.layers?.[node] ?? node), 'embedding');
    const width = rank ?? dimension;
    const config = {
      input_dim: rows,
      output_dim: width,
      mask_zero: first.maskZero,
      input_length: null,
      trainable: true,
    };
    graph.add('Embedding', layer, config, [inputs[first.input] ?? '']);
    graph.weight(`${layer}/embeddings`, [rows, width], `${prefix}/${rank === undefined ? 'table' : 'A'}`);
    const again = others.map(
      ({ name, input }) => [name, graph.again(layer, `${name} ids`, [inputs[input] ?? ''])] as const,
    );
    const factor =
      rank === undefined
        ? undefined
        : graph.dense(
            named(isMain ? names?.factor : names?.factors?.[node], `${isMain ? 'embedding' : layer}_factor`),
            layer,
            rank,
            dimension,
            {},
            `${prefix}/B`,
          );
    embedded.set(node, factor ?? layer);
    for (const [name, call] of again) {
      embedded.set(name, factor === undefined ? call : graph.again(factor, `${name} vectors`, [call]));
    }
  }
  return embedded;
}
