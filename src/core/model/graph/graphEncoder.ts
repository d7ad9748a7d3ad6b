import { describeGraph, embeddingShape, isPaddingMasked } from '../../checkpoint/graph/describeGraph.ts';
import { NodeConfig } from '../../checkpoint/graph/nodeConfig.ts';
import type { Weights } from '../../checkpoint/checkpoint.ts';
import type { GraphBody, GraphNode } from '../../checkpoint/graphBody.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { Random } from '../../random.ts';
import type { OptimizerSettings } from '../../recipe/recipe.ts';
import type { Batch } from '../../text/encoded.ts';
import type { SentenceEncoder, VectorGradient } from '../body.ts';
import type { Embedding } from '../embedding.ts';
import type { Parameter } from '../parameter.ts';
import { createLayer } from './createLayer.ts';
import { LayerParts, type GraphLayer, type Signal } from './graphLayer.ts';

interface Node extends GraphNode {
  readonly layer: GraphLayer;
}

/**
 * Any layers, each at its turn over the whole batch, padding included: what counts is the layers' business, as in Keras.
 * The vectors of a factorized embedding are multiplied by B before the first layer.
 */
export class GraphEncoder implements SentenceEncoder {
  readonly width: number;
  readonly #workspace: Workspace;
  readonly #embedding: Embedding;
  readonly #body: GraphBody;
  readonly #nodes: readonly Node[];
  /** To which sentences are padded, where the model says it and it matters. */
  readonly #length: number | undefined;
  #cache: { readonly tokens: Int32Array; readonly rows: Matrix } | undefined;

  constructor(
    workspace: Workspace,
    embedding: Embedding,
    body: GraphBody,
    weights: Weights,
    optimizer: OptimizerSettings,
  ) {
    this.#workspace = workspace;
    this.#embedding = embedding;
    this.#body = body;
    const { dimension } = embedding;
    if (!isPaddingMasked(body, dimension)) this.#length = body.length;
    const facts = describeGraph(body, dimension);
    const shapes = new Map([...facts].map(([name, { output }]) => [name, output]));
    shapes.set('embedding', embeddingShape(body, dimension));
    this.#nodes = body.nodes.map((node) => {
      const inputs = node.inputs.map((name) => shapes.get(name)!);
      const config = new NodeConfig(node, body.dialect);
      const own = facts.get(node.name)!;
      const parts = new LayerParts(workspace, `graph/${node.name}`, config, inputs, own, weights, optimizer);
      return { ...node, layer: createLayer(parts) };
    });
    this.width = shapes.get(this.#last().name)!.width;
  }

  get parameters(): readonly Parameter[] {
    return this.#nodes.flatMap(({ layer }) => layer.parameters);
  }

  forward(batch: Batch, random?: Random): Matrix {
    const embedded = this.#embed(batch);
    const signals = new Map([['embedding', embedded]]);
    for (const { name, inputs, layer } of this.#nodes) {
      signals.set(
        name,
        layer.forward(
          inputs.map((input) => signals.get(input)!),
          random,
        ),
      );
    }
    return signals.get(this.#last().name)!.values;
  }

  backward(gradient: Matrix): VectorGradient {
    const gradients = new Map([[this.#last().name, gradient]]);
    for (const { name, inputs, layer } of [...this.#nodes].reverse()) {
      const parts = layer.backward(gradients.get(name)!);
      inputs.forEach((input, i) => {
        const part = parts[i]!;
        const known = gradients.get(input);
        if (known === undefined) gradients.set(input, part);
        else this.#workspace.kernels.add(known.at, part.at, part.rows * part.columns);
      });
    }
    return { gradient: gradients.get('embedding')! };
  }

  backwardEmbedding({ gradient }: VectorGradient): void {
    if (this.#cache === undefined) throw new Error('graph: backward without forward');
    this.#embedding.backwardVectors(this.#cache.tokens, this.#cache.rows, gradient);
  }

  /** The vectors, step after step, of all sentences, padded to the longest or to the model's length. */
  #embed({ size, length, ids }: Batch): Signal {
    // A sentence without a token is one of padding.
    const steps = this.#length ?? Math.max(1, length);
    if (length > steps) throw new Error(`${length} tokens do not fit in ${steps}`);
    const tokens = new Int32Array(steps * size);
    for (let s = 0; s < size; s++) {
      for (let t = 0; t < length; t++) tokens[t * size + s] = ids[s * length + t]!;
    }
    const rows = this.#embedding.gather(tokens);
    this.#cache = { tokens, rows };
    const mask = this.#body.maskZero ? Uint8Array.from(tokens, (id) => (id === 0 ? 0 : 1)) : undefined;
    return { values: this.#embedding.expand(rows), steps, mask };
  }

  #last(): Node {
    const last = this.#nodes.at(-1);
    if (last === undefined) throw new Error('A graph has nodes.');
    return last;
  }
}
