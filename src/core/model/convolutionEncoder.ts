import type { Weights } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { Batch } from '../text/encoded.ts';
import type { SentenceEncoder, VectorGradient } from './body.ts';
import { joinColumns, splitColumns } from './columns.ts';
import { ConvolutionLayer } from './convolutionLayer.ts';
import type { Embedding } from './embedding.ts';
import type { Parameter, ParameterSettings } from './parameter.ts';

/**
 * Convolutions of several widths over the tokens, each filter's maximum over time (Kim, EMNLP 2014). A window holds
 * tokens of the sentence alone; only where the sentence is shorter than the window is it filled up, behind, with the
 * padding's row. Of a factorized embedding it reads the rows of A.
 */
export class ConvolutionEncoder implements SentenceEncoder {
  readonly width: number;
  readonly #workspace: Workspace;
  readonly #embedding: Embedding;
  readonly #layers: readonly ConvolutionLayer[];
  /** The largest width. */
  readonly #reach: number;
  #tokens: Int32Array | undefined;

  constructor(
    workspace: Workspace,
    embedding: Embedding,
    body: { readonly widths: readonly number[]; readonly filters: number },
    weights: Weights,
    settings: ParameterSettings,
  ) {
    const { widths, filters } = body;
    this.#workspace = workspace;
    this.#embedding = embedding;
    this.#layers = widths.map(
      (width) => new ConvolutionLayer(workspace, embedding, width, filters, weights, settings),
    );
    this.#reach = Math.max(...widths);
    this.width = widths.length * filters;
  }

  get parameters(): readonly Parameter[] {
    return this.#layers.flatMap((layer) => layer.parameters);
  }

  forward(batch: Batch): Matrix {
    const { size, length, ids, lengths } = batch;
    const starts = new Int32Array(size + 1);
    for (let s = 0; s < size; s++) starts[s + 1] = starts[s]! + Math.max(lengths[s]!, this.#reach);
    const tokens = new Int32Array(starts[size]!);
    for (let s = 0; s < size; s++) {
      tokens.set(ids.subarray(s * length, s * length + lengths[s]!), starts[s]);
    }
    this.#tokens = tokens;
    const rows = this.#embedding.gather(tokens);
    const features = this.#layers.map((layer) => layer.forward(rows, starts, lengths));
    return joinColumns(this.#workspace, features);
  }

  backward(gradient: Matrix): VectorGradient {
    const factorGradient = this.#embedding.beginFactorGradient();
    const { columns } = this.#embedding.table.value;
    const rowGradients = this.#workspace.zeros(this.#cached().length, columns);
    const widths = this.#layers.map(({ filters }) => filters);
    splitColumns(this.#workspace, gradient, widths).forEach((part, i) => {
      this.#layers[i]?.backward(part, rowGradients, factorGradient);
    });
    return { gradient: rowGradients };
  }

  backwardEmbedding({ gradient }: VectorGradient): void {
    this.#embedding.backwardGather(this.#cached(), gradient);
  }

  #cached(): Int32Array {
    if (this.#tokens === undefined) throw new Error('convolution: backward without forward');
    return this.#tokens;
  }
}
