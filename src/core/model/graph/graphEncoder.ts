import { describeGraph, embeddingShape, isPaddingMasked } from '../../checkpoint/graph/describeGraph.ts';
import { NodeConfig } from '../../checkpoint/graph/nodeConfig.ts';
import type { Weights } from '../../checkpoint/checkpoint.ts';
import { embeddingCalls, furtherTables, inputLengths } from '../../checkpoint/graph/tables.ts';
import type { GraphBody, GraphNode } from '../../checkpoint/graphBody.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { Random } from '../../random.ts';
import type { Batch } from '../../text/encoded.ts';
import type { SentenceEncoder, VectorGradient } from '../body.ts';
import { Embedding } from '../embedding.ts';
import type { Parameter, ParameterSettings } from '../parameter.ts';
import type { TableTraining } from '../trainingOptions.ts';
import { createLayer } from './createLayer.ts';
import { LayerParts, type GraphLayer, type Signal } from './graphLayer.ts';
import { GraphTable, type StepTokens } from './graphTable.ts';
import { SharedParameters } from './sharedParameters.ts';

interface Node extends GraphNode {
  readonly layer: GraphLayer;
  /** Whether it takes the rows of A from an embedding, not the vectors that B makes of them. */
  readonly readsRows: boolean;
}

/** Layers that multiply their input by a kernel before all else. */
const kernelLayers: ReadonlySet<string> = new Set([
  'Dense',
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
 *
 * Tokens lie step after step, so that those of one of several inputs, and their rows, lie in one piece.
 */
export class GraphEncoder implements SentenceEncoder {
  readonly width: number;
  readonly parameters: readonly Parameter[];
  readonly #workspace: Workspace;
  readonly #body: GraphBody;
  /** By their names, the spec's embedding first. */
  readonly #tables: ReadonlyMap<string, GraphTable>;
  /** The table that each place reads which reads one. */
  readonly #tableOf: ReadonlyMap<string, GraphTable>;
  readonly #nodes: readonly Node[];
  /** Places whose vectors a layer takes, or hands on. */
  readonly #expanded: readonly string[];
  /** Those that several layers use. */
  readonly #shared: readonly Parameter[];
  /** To which sentences are padded, where the model says it and it matters. */
  readonly #length: number | undefined;

  /** @param training of further tables than the first */
  constructor(
    workspace: Workspace,
    embedding: Embedding,
    body: GraphBody,
    weights: Weights,
    settings: ParameterSettings,
    training: TableTraining,
  ) {
    this.#workspace = workspace;
    this.#body = body;
    const { dimension } = embedding;
    if (!isPaddingMasked(body, dimension)) this.#length = body.length;
    const calls = embeddingCalls(body);
    const further = furtherTables(body).map(({ name, prefix, ...sizes }) => {
      return [name, new Embedding(workspace, sizes, weights, training.optimizer, training, prefix)] as const;
    });
    this.#tables = new Map(
      [['embedding', embedding] as const, ...further].map(([name, one]) => [
        name,
        new GraphTable(
          workspace,
          one,
          calls.filter(({ table }) => table === name),
        ),
      ]),
    );
    this.#tableOf = new Map(calls.map(({ name, table }) => [name, this.#tables.get(table)!]));
    const facts = describeGraph(body, dimension);
    const shapes = new Map([...facts].map(([name, { output }]) => [name, output]));
    shapes.set('embedding', embeddingShape(body, dimension));
    const parameters = new SharedParameters();
    this.#nodes = body.nodes
      .filter(({ className }) => className !== 'Embedding')
      .map((node) => {
        const [first = ''] = node.inputs;
        const table = this.#tableOf.get(first);
        const factor = table?.embedding.factor;
        const owner = node.weightsOf ?? node.name;
        const parts = new LayerParts({
          workspace,
          name: `graph/${owner}`,
          config: new NodeConfig(node, body.dialect),
          input: shapes.get(first)!,
          facts: facts.get(owner)!,
          weights,
          settings,
          parameters,
          factor,
          factorGradient: table?.factorGradient ?? { current: undefined },
        });
        const readsRows = factor !== undefined && kernelLayers.has(parts.config.className);
        return { ...node, layer: createLayer(parts), readsRows };
      });
    this.parameters = [...new Set(this.#nodes.flatMap(({ layer }) => layer.parameters))];
    this.#shared = parameters.shared;
    const taken = new Set(this.#nodes.flatMap(({ inputs, readsRows }) => (readsRows ? [] : inputs)));
    this.#expanded = [...this.#tableOf.keys()].filter((name) => taken.has(name));
    this.width = shapes.get(this.#last().name)!.width;
  }

  get embeddings(): readonly Embedding[] {
    return [...this.#tables.values()].slice(1).map(({ embedding }) => embedding);
  }

  forward(batch: Batch, random?: Random): Matrix {
    const tokens = this.#tokensOf(batch);
    const rows = new Map([...this.#tables.values()].flatMap((table) => [...table.gather(tokens)]));
    const signals = new Map<string, Signal>();
    for (const name of this.#expanded) {
      const own = rows.get(name)!;
      signals.set(name, { ...own, values: this.#tableOf.get(name)!.embedding.expand(own.values) });
    }
    for (const { name, inputs, layer, readsRows } of this.#nodes) {
      const own = readsRows ? [rows.get(inputs[0]!)!] : inputs.map((input) => signals.get(input)!);
      signals.set(name, layer.forward(own, random));
    }
    return signals.get(this.#last().name)!.values;
  }

  backward(gradient: Matrix): VectorGradient {
    const workspace = this.#workspace;
    const tables = [...this.#tables];
    for (const [, table] of tables) table.beginBackward();
    for (const parameter of this.#shared) parameter.beginParts();
    const gradients = new Map([[this.#last().name, gradient]]);
    const ofRows = new Map<string, Matrix>();
    for (const { name, inputs, layer, readsRows } of [...this.#nodes].reverse()) {
      const parts = layer.backward(gradients.get(name)!);
      const to = readsRows ? ofRows : gradients;
      inputs.forEach((input, i) => {
        to.set(input, sum(workspace, to.get(input), parts[i]!));
      });
    }
    const [[, first], ...further] = tables.map(
      ([name, table]) => [name, table.backward(ofRows, gradients)] as const,
    ) as [readonly [string, Matrix], ...(readonly [string, Matrix])[]];
    return further.length === 0 ? { gradient: first } : { gradient: first, further: new Map(further) };
  }

  backwardEmbedding({ gradient, further }: VectorGradient): void {
    for (const [name, table] of this.#tables) table.scatter(further?.get(name) ?? gradient);
  }

  /** Padded to the longest sentence or to the model's length. */
  #tokensOf({ size, length, ids }: Batch): StepTokens {
    // A sentence without a token is one of padding.
    const steps = this.#length ?? Math.max(1, length);
    if (length > steps) throw new Error(`${length} tokens do not fit in ${steps}`);
    const tokens = new Int32Array(steps * size);
    for (let s = 0; s < size; s++) {
      for (let t = 0; t < length; t++) tokens[t * size + s] = ids[s * length + t]!;
    }
    return { tokens, size, steps: inputLengths(this.#body, steps) };
  }

  #last(): Node {
    const last = this.#nodes.at(-1);
    if (last === undefined) throw new Error('A graph has nodes.');
    return last;
  }
}

/** Adds to the first, where there is one. */
function sum(workspace: Workspace, to: Matrix | undefined, part: Matrix): Matrix {
  if (to === undefined) return part;
  workspace.kernels.add(to.at, part.at, part.rows * part.columns);
  return to;
}
