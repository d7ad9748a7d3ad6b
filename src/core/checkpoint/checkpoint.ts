import type { Coding } from '../compression/coding.ts';
import type { TextSettings } from '../recipe/recipe.ts';
import type { GraphBody } from './graphBody.ts';
import type { TextLayer } from './keras/textLayer.ts';

/** A dense float32 tensor, row-major. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One that is too large for memory, as it is written: its numbers in blocks, one after the other, once. */
export interface StreamedTensor {
  readonly shape: readonly number[];
  readonly blocks: AsyncIterable<Float32Array>;
}

interface Recurrence<Kind> {
  readonly kind: Kind;
  /** Of each direction. */
  readonly units: number;
  /** What is handed on of the outputs: their mean over time, or the last one. */
  readonly pooling: 'mean' | 'last';
  readonly hidden: readonly number[];
}

/**
 * The bodies that a recipe can name, between the embedding and the head. `bilstm` is Keras's Bidirectional LSTM, its directions side by side; `gru`
 * is Keras's GRU with `reset_after`; `cnn` has convolutions with ReLU and takes their maxima over time (Kim, EMNLP 2014).
 */
export type NamedBody =
  | { readonly kind: 'dan'; readonly hidden: readonly number[] }
  | (Recurrence<'lstm'> & { readonly peepholes: boolean })
  | Recurrence<'bilstm'>
  | Recurrence<'gru'>
  | {
      readonly kind: 'cnn';
      /** Tokens that a filter sees, all different; each width has as many filters. */
      readonly widths: readonly number[];
      readonly filters: number;
      readonly hidden: readonly number[];
    };

/** What lies between the embedding and the head; `graph` is made of any of the layers that `describeGraph` knows. */
export type Body = NamedBody | GraphBody;

/**
 * What a classifier computes. Token rows -> embedding (m x n, or A m x k then B k x n, no bias and no
 * activation) -> body -> ReLU layers of the `hidden` widths -> head.
 * A DAN averages the rows of A first and multiplies by B once.
 */
export interface ModelSpec {
  readonly embedding: {
    /** m, with row 0 the padding. */
    readonly rows: number;
    /** n */
    readonly dimension: number;
    /** k, where the table is factorized. */
    readonly rank?: number;
    /** How the table, or A, is stored where it is not as float32 values, and B as `factorCoding` says. */
    readonly coding?: Coding;
  };
  readonly body: Body;
  /**
   * `sigmoid` is one unit for two classes; `logits` has one unit a class and no softmax in the saved model; `multi-label`
   * has a sigmoid for each class, of which a sentence may have several or none.
   */
  readonly head: 'softmax' | 'sigmoid' | 'logits' | 'multi-label';
  /** Of a `sigmoid`: the saved model gives what the sigmoid is taken of. */
  readonly logit?: true;
  /** True: the head is a product alone. */
  readonly biasFree?: true;
  readonly classes: number;
  /** True: padding is masked, as in every model trained here. False (foreign models): sentences are padded to maxLength and padding counts as a token. */
  readonly masked: boolean;
}

/**
 * Weights by name:
 * `embedding/table` [m,n], or `embedding/A` [m,k] and `embedding/B` [k,n]; where these are coded, the parts of their
 * coding below these names, such as `embedding/A/codes`;
 * `lstm/kernel` [n,4H], `lstm/recurrent_kernel` [H,4H], `lstm/bias` [4H] in Keras's gate order i, f, c, o,
 * and `lstm/peephole` [3,H] (i, f, o) where there are peepholes;
 * `bilstm/forward/...` and `bilstm/backward/...` as `lstm/...`, of each direction;
 * `gru/kernel` [n,3H], `gru/recurrent_kernel` [H,3H], `gru/bias` [2,3H] (the input's, the recurrence's) in Keras's gate
 * order z, r, h;
 * `conv_W/kernel` [W,n,filters], `conv_W/bias` [filters] of each width W;
 * `graph/NAME/...` of each node of a graph, with Keras's names and shapes: `kernel`, `recurrent_kernel`, `bias`, `gamma`,
 * `beta`, `moving_mean`, `moving_variance`, and below `forward/` and `backward/` those of a Bidirectional;
 * `hidden_0/kernel` [in,out], `hidden_0/bias` [out], `hidden_1/...`; `head/kernel` [in,units], and `head/bias` [units] unless
 * the head is free of biases.
 */
export type Weights = Map<string, Tensor>;

/**
 * Reads a model's weights, all but those named, if any.
 * @throws UserError that names a tensor: its data end early, or hold NaN or Infinity.
 */
export type ReadWeights = (without?: ReadonlySet<string>) => Promise<Weights>;

/** Each weight's shape, by our names, and the bytes that it takes in the file. */
export type StoredSizes = ReadonlyMap<string, { readonly shape: readonly number[]; readonly bytes: number }>;

/** A classifier with what it needs to read text; the last three are undefined where the files beside a model lack them. */
export interface Checkpoint {
  readonly spec: ModelSpec;
  readonly weights: Weights;
  readonly text: TextSettings | undefined;
  /** Word of each row of the table; `vocabulary[0]` is the padding. */
  readonly vocabulary: readonly string[] | undefined;
  readonly labels: readonly string[] | undefined;
  /** Of a model that reads text by itself in Keras. */
  readonly textLayer?: TextLayer | undefined;
}

/** A classifier as it is written, once. */
export interface WritableCheckpoint extends Omit<Checkpoint, 'weights'> {
  readonly weights: ReadonlyMap<string, Tensor | StreamedTensor>;
}
