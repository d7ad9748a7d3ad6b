import type { NamedBody } from '../checkpoint/checkpoint.ts';
import type { WrittenFormat } from '../checkpoint/fileNames.ts';
import type {
  ArchitectureSettings,
  CompressSettings,
  DataSource,
  DistillationSettings,
  EmbeddingSettings,
  Fold,
  Fraction,
  LowRankSettings,
  Metric,
  OptimizerSettings,
  RandomSearchSettings,
  ScheduleSettings,
  TextSettings,
  Trainable,
} from './recipe.ts';

/** The types of a recipe as it is written: what the schema allows, paths relative to the file. */

/** `Pick<T, K>` of each member of a union: the name, and any of the other settings. */
type NamedSettings<T extends { readonly name: string }> = T extends unknown
  ? Pick<T, 'name'> & Partial<Omit<T, 'name'>>
  : never;

export type RawOptimizer = OptimizerSettings['name'] | NamedSettings<OptimizerSettings>;
export type RawSchedule = ScheduleSettings['name'] | NamedSettings<ScheduleSettings>;
export type RawSource = Pick<DataSource, 'path' | 'format'> & Partial<DataSource>;

export interface RawTraining {
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly optimizer?: RawOptimizer;
  readonly schedule?: RawSchedule;
  readonly dropout?: number;
  readonly wordDropout?: number;
  readonly randomSearch?: Partial<RandomSearchSettings>;
}

export interface RawTrain extends RawTraining {
  readonly architecture: NamedBody['kind'];
  readonly hidden?: number | readonly number[];
  readonly units?: number;
  readonly pooling?: 'mean' | 'last';
  readonly peepholes?: boolean;
  readonly filterWidths?: readonly number[];
  readonly filters?: number;
  readonly embedding?: Partial<EmbeddingSettings>;
}

export interface RawRetrain extends RawTraining {
  readonly trainable?: Trainable;
  readonly distillation?: Partial<DistillationSettings>;
  readonly seeds?: readonly number[];
}

/** Of the union's members `low-rank` alone may leave its name out, and says its metrics by `metric`. */
export type RawCompress =
  | (Partial<Omit<LowRankSettings, 'metrics'>> & { readonly metric?: Metric | readonly Metric[] })
  | NamedMethod<Exclude<CompressSettings, LowRankSettings>>;

type NamedMethod<T extends CompressSettings> = T extends unknown
  ? Pick<T, 'method'> & Partial<Omit<T, 'method'>>
  : never;

/** Exactly one of the two targets is there. */
export interface RawAuto {
  readonly method: 'auto';
  readonly loseAtMost?: number;
  readonly bytesAtMost?: number;
  readonly minutes: number;
  readonly among?: RawCompress | readonly RawCompress[];
}

export type RawArchitecture = Pick<ArchitectureSettings, 'kind'> & Partial<ArchitectureSettings>;

export interface RawRecipe {
  readonly $schema?: string;
  readonly model?: string;
  readonly architecture?: RawArchitecture;
  readonly train?: RawTrain;
  readonly vocabulary?: string;
  readonly text?: Partial<TextSettings>;
  readonly data: {
    readonly train: RawSource;
    readonly validation?: RawSource | Fraction;
    readonly test?: RawSource | Fraction | Fold;
    readonly seed?: number;
  };
  readonly labels?: readonly string[];
  readonly compress?: RawAuto | RawCompress | readonly RawCompress[];
  readonly retrain?: RawRetrain;
  readonly expectedAccuracy?: number;
  readonly output?: string;
  readonly outputFormat?: WrittenFormat;
}
