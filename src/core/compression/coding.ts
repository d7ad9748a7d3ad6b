import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { Random } from '../random.ts';
import type { Bits, OptimizerSettings } from '../recipe/recipe.ts';

/** How a matrix of an embedding is stored, where it is not as float32 values. */
export type Coding =
  | FixedPointCoding
  | ProductQuantizationCoding
  | SparseCoding
  | DeepCompressionCoding
  | CodesCoding
  | FrequentRowsCoding;

/** Each value by a whole number of so many levels, times a scale. */
export interface FixedPointCoding {
  readonly kind: 'fixed-point';
  readonly bits: Bits;
  /** Of what a scale is taken. */
  readonly scale: 'table' | 'row';
  readonly zeroPoint: boolean;
}

/** Sub-vectors by the nearest of their place's centroids. */
export interface ProductQuantizationCoding {
  readonly kind: 'product-quantization';
  /** Dimensions of a sub-vector; the last one is shorter where they do not divide. */
  readonly subvector: number;
  /** Of a codebook, 256 at most. */
  readonly centroids: number;
  /** Whether the rows' lengths are quantized by themselves. */
  readonly norm: boolean;
  /** Share of the rows that have codes. */
  readonly words: number;
  /** Row that those without codes read as; 0, the padding's, makes them zeros. */
  readonly unknown: number;
}

/** The values of largest magnitude, the others 0. */
export interface SparseCoding {
  readonly kind: 'sparse';
  /** Share of the values that are 0. */
  readonly sparsity: number;
  /** Whether retraining prunes step by step; otherwise it begins with all that is to go gone. */
  readonly gradual: boolean;
}

/** The values of largest magnitude, each one of 2^bits shared ones, in Huffman codes. */
export interface DeepCompressionCoding {
  readonly kind: 'deep-compression';
  /** Share of the values that are 0. */
  readonly sparsity: number;
  /** 1 to 8 */
  readonly bits: number;
}

/** The sum of one codeword of each codebook. */
export interface CodesCoding {
  readonly kind: 'codes';
  /** M */
  readonly codebooks: number;
  /** K, of a codebook, 256 at most. */
  readonly codewords: number;
}

/** The rows of most worth alone. */
export interface FrequentRowsCoding {
  readonly kind: 'frequent-rows';
  /** Share of the rows that are kept, below 1. */
  readonly words: number;
  /** Row that the others read as; 0, the padding's, makes them zeros. */
  readonly unknown: number;
  /** How the rows that are kept are stored, where it is not as float32 values. */
  readonly values?: FixedPointCoding;
}

/** How the factor B is coded where the rows are: as they in fixed point, and float32 beside every other coding. */
export function factorCoding(coding: Coding | undefined): FixedPointCoding | undefined {
  if (coding?.kind === 'frequent-rows') return coding.values;
  return coding?.kind === 'fixed-point' ? coding : undefined;
}

/** The tensors that a coded matrix is stored as, by their names, such as `codes` and `scales`. Whole numbers are exact in float32 up to 2^24. */
export type Parts = ReadonlyMap<string, Tensor>;

/** How a part is stored. */
export interface PartLayout {
  /** -1 for a size that is the content's. */
  readonly shape: readonly number[];
  /** Of a value: 32 is float32, fewer a whole number from 0 to 2^bits - 1, or 0 to 2 where it is ternary. */
  readonly bits: Bits;
}

/** What one coding costs. */
export interface CodingCost {
  /** Numbers that are stored, codes and scales and masks among them. */
  readonly parameters: number;
  /** Codes packed to their bits, codebooks, scales, masks. */
  readonly storageBytes: number;
  /** To get a row's values from its code; one multiplication or addition is one. */
  readonly flopsPerRow: number;
}

/** A coded matrix in a model that computes, and trains, with it. Row 0 of a table is the padding. */
export interface RowCode {
  /** Makes these rows of the value what the code says. Rows may be named more than once. */
  read(rows: Int32Array): void;
  /**
   * One step of the code, as if along the gradients of the values (straight through what is not differentiable).
   *
   * @param rows address of `count` distinct int32 row numbers
   * @param gradients count x n, the workspace's until the next step
   */
  step(rows: number, count: number, gradients: Matrix, rate: number): void;
  /** One step of every row, row 0 too, of a matrix that has no padding: the factor B. */
  stepAll?(gradients: Matrix, rate: number): void;
  /**
   * Before an epoch's first step, which may change the code; the workspace is begun anew.
   *
   * @param epoch from 0
   * @returns false while the code is still larger than it is going to be, so that such an epoch's model is no result
   */
  beginEpoch?(epoch: number, epochs: number): boolean;
  /** What the matrix is stored as, as it is now. */
  parts(): Parts;
  /** What a later `restore` needs besides the parts. May share the code's memory. */
  state(): Parts;
  /** @throws RangeError when a tensor is missing or of another size */
  restore(state: Parts): void;
}

/** One way of coding matrices; one file each beside this one. */
export interface CodingScheme<C extends Coding> {
  /**
   * The coding that a file describes, checked field by field.
   * @param fault makes the error for a field
   */
  check(value: Readonly<Record<string, unknown>>, fault: (field: string) => Error): C;
  /**
   * @param matrix rows x columns, finite
   * @param random decides whatever is drawn
   * @param worth of each row, where some are stored better than others
   */
  encode(matrix: Tensor, coding: C, random: Random, worth?: Float64Array): Parts;
  /** The values, rows x columns. */
  decode(parts: Parts, rows: number, columns: number, coding: C): Float32Array;
  /** Each part, as a file holds it. */
  layout(rows: number, columns: number, coding: C): ReadonlyMap<string, PartLayout>;
  /** Without `parts` at most so much, where the content decides. */
  cost(rows: number, columns: number, coding: C, parts?: Parts): CodingCost;
  /**
   * @param value rows x columns, which the model reads; holds the values to start from, which may be more exact than the
   * parts are, and is made what the code says
   */
  open(workspace: Workspace, value: Matrix, coding: C, parts: Parts, optimizer: OptimizerSettings): RowCode;
}
