import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { CompressSettings, Method, Metric, Split } from '../recipe/recipe.ts';
import type { PreparedData } from '../sweep/prepare.ts';
import type { Pause } from '../training/pause.ts';
import type { SpecTable } from '../checkpoint/graph/tables.ts';
import type { Coding } from './coding.ts';

/** One point of a method's curve. */
export interface PointSettings {
  /** Unique in a run and file-safe, e.g. `task-k9` or `fixed-point-4bit`; the trials of all seeds share it. */
  readonly setting: string;
  /** The same for all points of one curve, e.g. `task` or `fixed-point`. */
  readonly series: string;
  readonly method: Method;
  /** Position in the recipe's `compress` of what it was planned from. */
  readonly entry: number;
  readonly retrain: boolean;
  readonly metric?: Metric;
  readonly split?: Split;
  /** k; of several tables that of the first. */
  readonly rank?: number;
  /** k of each further table that is factorized, by its name. */
  readonly ranks?: Readonly<Record<string, number>>;
  /** Of the vectors, where they are fewer than the model's. */
  readonly dimension?: number;
  readonly coding?: Coding;
}

/** What a method is planned for. */
export interface CompressedTable {
  /** m */
  readonly rows: number;
  /** n */
  readonly dimension: number;
  readonly further?: readonly SpecTable[];
}

/** What a method may ask for while it compresses. */
export interface CompressionContext {
  /** The trial's. */
  readonly seed: number;
  readonly data: PreparedData;
  readonly pause: Pause;
  /**
   * G of each of the parent's tables by its name, n x n: see taskGradient.ts. Kept for the parent's other points.
   * @param sentences of the training data, seeded, that they are estimated from; all by default
   */
  readonly gradientCovariances: (sentences?: number) => Promise<ReadonlyMap<string, Float64Array>>;
  /** What a computation from the parent gives, kept under that name for the parent's other points. */
  readonly kept: <T>(name: string, compute: () => Promise<T>) => Promise<T>;
  /** For the user. */
  readonly warn: (text: string) => void;
}

/** One method of compression; one file each in `methods/`. */
export interface CompressionMethod<S extends CompressSettings> {
  /** A trained model is compressed and retrained; of a model that is not trained yet the word vectors are, and it is trained then. */
  readonly compresses: 'trained' | 'untrained';
  /**
   * The points of a recipe's entry, in the order in which to try them: the largest first.
   *
   * @param table m x n, with the further ones that are to be compressed with it
   * @param path of the entry in the recipe, for errors, e.g. `compress` or `compress[1]`
   * @throws UserError a setting that this table does not allow
   */
  points(
    settings: S,
    table: CompressedTable,
    place: { readonly file: string; readonly path: string; readonly entry: number },
  ): { readonly points: readonly PointSettings[]; readonly warnings: readonly string[] };
  /** The compressed model, with coded parts where the point has a coding. The parent stays as it is. */
  compress(
    parent: Checkpoint,
    point: PointSettings,
    settings: S,
    context: CompressionContext,
  ): Promise<Checkpoint> | Checkpoint;
}
