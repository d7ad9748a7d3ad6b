import type { Coding } from '../compression/coding.ts';
import type { Dialect } from './specOfLayers.ts';

/** One layer between the embedding and the head. */
export interface GraphNode {
  /** Unique; its weights are `graph/NAME/WEIGHT`, a Bidirectional's `graph/NAME/forward/WEIGHT` and `.../backward/WEIGHT`. */
  readonly name: string;
  /** Keras's class name. */
  readonly className: string;
  /**
   * Keras's, in snake_case, with what decides the result: no names of initializers or regularizers. Bidirectional and
   * TimeDistributed have `layer: { class_name, config }`. An activation is its name; `hard_sigmoid` is that of the
   * body's dialect, and `hard_sigmoid_0.2` Keras 2's in a body of the dialect `keras`, in which a merging layer has
   * `merged_mask`, too: a step counts where it does in `any` input, as in Keras 3, or in `all`, as in Keras 2. All steps
   * of an input without a mask count.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of nodes before it; `embedding` is the embedding's output [B,T,n] with its mask. */
  readonly inputs: readonly string[];
  /** The node whose weights it uses, and not any of its own: of one class and config. See `EmbeddingConfig`. */
  readonly weightsOf?: string;
}

/**
 * The config of a node `Embedding`, which has no nodes before it: it reads the token ids of an input. Its table is a
 * further one of the model, `graph/NAME/table` [m,n], or `graph/NAME/A` [m,k] and `graph/NAME/B` [k,n]. One with
 * `weightsOf` has but `input`: it reads another's table, or the model's first, `embedding`.
 */
export interface EmbeddingConfig {
  /** Place among the body's `inputs`; the first where absent. */
  readonly input?: number;
  /** m */
  readonly input_dim: number;
  /** n */
  readonly output_dim: number;
  /** k, where the table is factorized. */
  readonly rank?: number;
  /** As that of a spec's embedding. */
  readonly coding?: Coding;
  readonly mask_zero?: boolean;
}

/**
 * Any layers between the embedding and the head, as Keras's functional models have them. Of several embeddings the one
 * with the largest table is the spec's, and the others are nodes.
 */
export interface GraphBody {
  readonly kind: 'graph';
  /** In topological order; the output [B, width] of the last one feeds the head. */
  readonly nodes: readonly GraphNode[];
  /** None: they are nodes. */
  readonly hidden: readonly number[];
  /**
   * The inputs of a model that takes several texts, in the saved model's order. A sentence's tokens are then those of one
   * text after the other, each padded to its length. Absent where there is one.
   */
  readonly inputs?: readonly TokenInput[];
  /** Place among `inputs` of the one that the embedding reads; the first where absent. */
  readonly input?: number;
  /** Tokens of the saved model's input where their number is fixed, as Flatten needs it. */
  readonly length?: number;
  /** Whether the embedding makes a mask: id 0 is none of the sentence's tokens. */
  readonly maskZero: boolean;
  /** Whose rules the layers follow: they differ in what some do with a mask. */
  readonly dialect: Dialect;
  /** Of a model that was read. */
  readonly names?: GraphNames;
}

/** More of them nobody reads. */
const mostRuns = 20;

/** The layers' classes for reading, in their order: `LSTM, Dense x 3, Dropout`; of many layers how many are of each. */
export function classNames({ nodes }: Pick<GraphBody, 'nodes'>): string {
  const runs: [className: string, count: number][] = [];
  const counts = new Map<string, number>();
  for (const { className } of nodes) {
    counts.set(className, (counts.get(className) ?? 0) + 1);
    const last = runs.at(-1);
    if (last?.[0] === className) last[1]++;
    else runs.push([className, 1]);
  }
  return (runs.length > mostRuns ? [...counts] : runs)
    .map(([className, count]) => (count === 1 ? className : `${className} x ${count}`))
    .join(', ');
}

/** One of several inputs of token ids. */
export interface TokenInput {
  /** The saved model's. */
  readonly name: string;
  /** Its tokens, where the saved model says their number; otherwise the text settings' `maxLength`. */
  readonly length?: number;
}

/** Names of the saved model's layers around the nodes, which it has again when it is written. */
export interface GraphNames {
  /** The first of several. */
  readonly input: string;
  readonly embedding: string;
  /** Of the Dense layer that is the factor B. */
  readonly factor?: string;
  /** Of those that are the factors B of further tables, by the names of the tables' nodes. */
  readonly factors?: Readonly<Record<string, string>>;
  /** Of layers that are called otherwise than their nodes, by the nodes' names. */
  readonly layers?: Readonly<Record<string, string>>;
  readonly head: string;
  /** The head's activation, where it is a layer of its own. */
  readonly activation?: { readonly name: string; readonly className: 'Activation' | 'Softmax' };
}
