import { describeGraph, embeddingShape, isPaddingMasked } from '../../checkpoint/graph/describeGraph.ts';
import { NodeConfig } from '../../checkpoint/graph/nodeConfig.ts';
import type { Weights } from '../../checkpoint/checkpoint.ts';
import type { GraphBody, GraphNode } from '../../checkpoint/graphBody.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { Random } from '../../random.ts';
import type { Batch } from '../../text/encoded.ts';
import type { SentenceEncoder, VectorGradient } from '../body.ts';
import type { Embedding } from '../embedding.ts';
import type { Parameter, ParameterSettings } from '../parameter.ts';
import { createLayer } from './createLayer.ts';
import { LayerParts, type GraphLayer, type Signal } from './graphLayer.ts';
import type { FactorGradient } from './layerKernel.ts';

interface Node extends GraphNode {
  readonly layer: GraphLayer;
  /** Whether it takes the rows of A from the embedding, not the vectors that B makes of them. */
  readonly readsRows: boolean;
}

/** Layers that multiply their input by a kernel before all else. */
const kernelLayers: ReadonlySet<string> = new Set([
  'Dense',
  'TimeDistributed',
  'LSTM',
  'GRU',
  'SimpleRNN',
  'Bidirectional',
  'Conv1D',
]);

/**
 * Any layers, each at its turn over the whole batch, padding included: what counts is the layers' business, as in Keras.
 * Of a factorized embedding a layer that multiplies by a kernel K reads the rows of A, and multiplies them by B K, which
 * costs k rather than n multiplications a value; others read the vectors.
 */
export class GraphEncoder implements SentenceEncoder {
  readonly width: number;
  readonly #workspace: Workspace;
  readonly #embedding: Embedding;
  readonly #body: GraphBody;
  readonly #nodes: readonly Node[];
  readonly #factorGradient: FactorGradient = { current: undefined };
  /** To which sentences are padded, where the model says it and it matters. */
  readonly #length: number | undefined;
  #cache: { readonly tokens: Int32Array; readonly rows: Matrix } | undefined;

  constructor(
    workspace: Workspace,
    embedding: Embedding,
    body: GraphBody,
    weights: Weights,
    settings: ParameterSettings,
  ) {
    this.#workspace = workspace;
    this.#embedding = embedding;
    this.#body = body;
    const { dimension, factor } = embedding;
    if (!isPaddingMasked(body, dimension)) this.#length = body.length;
    const facts = describeGraph(body, dimension);
    const shapes = new Map([...facts].map(([name, { output }]) => [name, output]));
    shapes.set('embedding', embeddingShape(body, dimension));
    this.#nodes = body.nodes.map((node) => {
      const readsRows =
        factor !== undefined && node.inputs[0] === 'embedding' && kernelLayers.has(node.className);
      const parts = new LayerParts({
        workspace,
        name: `graph/${node.name}`,
        config: new NodeConfig(node, body.dialect),
        input: shapes.get(node.inputs[0]!)!,
        facts: facts.get(node.name)!,
        weights,
        settings,
        factor: readsRows ? factor : undefined,
        factorGradient: this.#factorGradient,
      });
      return { ...node, layer: createLayer(parts), readsRows };
    });
    this.width = shapes.get(this.#last().name)!.width;
  }

  get parameters(): readonly Parameter[] {
    return this.#nodes.flatMap(({ layer }) => layer.parameters);
  }

  forward(batch: Batch, random?: Random): Matrix {
    const rows = this.#embed(batch);
    const signals = new Map<string, Signal>();
    if (this.#nodes.some(({ inputs, readsRows }) => inputs.includes('embedding') && !readsRows)) {
      signals.set('embedding', { ...rows, values: this.#embedding.expand(rows.values) });
    }
    for (const { name, inputs, layer, readsRows } of this.#nodes) {
      const own = readsRows ? [rows] : inputs.map((input) => signals.get(input)!);
      signals.set(name, layer.forward(own, random));
    }
    return signals.get(this.#last().name)!.values;
  }

  backward(gradient: Matrix): VectorGradient {
    const workspace = this.#workspace;
    const factorGradient = this.#embedding.beginFactorGradient();
    this.#factorGradient.current = factorGradient;
    const gradients = new Map([[this.#last().name, gradient]]);
    let ofRows: Matrix | undefined;
    for (const { name, inputs, layer, readsRows } of [...this.#nodes].reverse()) {
      const parts = layer.backward(gradients.get(name)!);
      if (readsRows) {
        ofRows = sum(workspace, ofRows, parts[0]!);
        continue;
      }
      inputs.forEach((input, i) => {
        gradients.set(input, sum(workspace, gradients.get(input), parts[i]!));
      });
    }
    const ofVectors = gradients.get('embedding');
    if (ofVectors === undefined) return { gradient: ofRows! };
    const through = this.#embedding.backwardExpand(this.#cached().rows, ofVectors, factorGradient);
    return { gradient: sum(workspace, ofRows, through) };
  }

  backwardEmbedding({ gradient }: VectorGradient): void {
    this.#embedding.backwardGather(this.#cached().tokens, gradient);
  }

  /** The rows of the tokens, step after step, of all sentences, padded to the longest or to the model's length. */
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
    return { values: rows, steps, mask };
  }

  #last(): Node {
    const last = this.#nodes.at(-1);
    if (last === undefined) throw new Error('A graph has nodes.');
    return last;
  }

  #cached(): { readonly tokens: Int32Array; readonly rows: Matrix } {
    if (this.#cache === undefined) throw new Error('graph: backward without forward');
    return this.#cache;
  }
}

/** Adds to the first, where there is one. */
function sum(workspace: Workspace, to: Matrix | undefined, part: Matrix): Matrix {
  if (to === undefined) return part;
  workspace.kernels.add(to.at, part.at, part.rows * part.columns);
  return to;
}
