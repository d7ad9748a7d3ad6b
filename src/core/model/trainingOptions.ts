import type { OptimizerSettings, Trainable } from '../recipe/recipe.ts';
import type { UsedRows } from './usedRows.ts';

/** How a classifier is trained, beside its optimizer. */
export interface TrainingOptions {
  /** Leading columns of the table that training leaves as they are. */
  readonly frozenColumns?: number | undefined;
  /** `factors`: training leaves all as it is but the embedding. */
  readonly trainable?: Trainable | undefined;
  /** The only rows of the table that the model is going to be given, where that is known. */
  readonly used?: UsedRows | undefined;
}

/** How a graph's further tables are trained. */
export interface TableTraining extends Pick<TrainingOptions, 'used'> {
  readonly optimizer: OptimizerSettings;
}
