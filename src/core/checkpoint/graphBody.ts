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
   * body's dialect, and `hard_sigmoid_0.2` Keras 2's in a body of the dialect `keras`.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of nodes before it; `embedding` is the embedding's output [B,T,n] with its mask. */
  readonly inputs: readonly string[];
}

/** Any layers between the embedding and the head, as Keras's functional models have them. */
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
  /** Tokens of the saved model's input where their number is fixed, as Flatten needs it. */
  readonly length?: number;
  /** Whether the embedding makes a mask: id 0 is none of the sentence's tokens. */
  readonly maskZero: boolean;
  /** Whose rules the layers follow: they differ in what some do with a mask. */
  readonly dialect: Dialect;
  /** Of a model that was read. */
  readonly names?: GraphNames;
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
  readonly input: string;
  readonly embedding: string;
  /** Of the Dense layer that is the factor B. */
  readonly factor?: string;
  readonly head: string;
  /** The head's activation, where it is a layer of its own. */
  readonly activation?: { readonly name: string; readonly className: 'Activation' | 'Softmax' };
}
