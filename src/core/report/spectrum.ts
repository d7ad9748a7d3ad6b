import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { factorize, type FactorizeOptions } from '../embedding/factorize.ts';
import type { PassOptions } from '../embedding/rowSource.ts';
import { singularSpectrum } from '../embedding/spectrum.ts';
import { EmbeddingTable } from '../embedding/table.ts';
import { UserError } from '../errors.ts';
import type { SpectrumReport } from './reports.ts';

/** What the metrics other than `spectrum` need; without it the report does not have them. */
export interface MetricData {
  /** G, n x n, of the metric `task`. */
  readonly gradientCovariance?: Float64Array;
  /** D, one a row, of the metrics with `frequency`. */
  readonly rowWeights?: Float64Array | Float32Array;
}

/**
 * What each rank keeps of a model's embedding table, by each metric.
 *
 * @throws UserError `already-factorized`; `table-not-finite`, `table-zero` and `no-gradient` as `factorize` does
 */
export async function spectrumReport(
  { spec, weights }: Checkpoint,
  { gradientCovariance, rowWeights }: MetricData = {},
  pass: PassOptions = {},
): Promise<SpectrumReport> {
  const { rows, dimension, rank } = spec.embedding;
  const weight = weights.get('embedding/table');
  if (weight === undefined) {
    throw new UserError(
      'already-factorized',
      `The model's embedding is already factorized${rank === undefined ? '' : `, at rank ${rank}`}.`,
      'Look at the spectrum of the model that it was made from.',
    );
  }
  const table = new EmbeddingTable(rows, dimension, weight.data);
  const { singularValues } = await singularSpectrum(table, pass);
  const eigenvalues = async (options: Pick<FactorizeOptions, 'metric'> & MetricData): Promise<number[]> => {
    const felt = await factorize(table, { rank: 1, split: 'balanced', ...options }, pass);
    return Array.from(felt.singularValues, (value) => value * value);
  };
  const task = gradientCovariance && { gradientCovariance };
  const frequency = rowWeights && { rowWeights };
  return {
    rows,
    dimension,
    singularValues: [...singularValues],
    ...(task && { taskEigenvalues: await eigenvalues({ metric: 'task', ...task }) }),
    ...(frequency && { frequencyEigenvalues: await eigenvalues({ metric: 'frequency', ...frequency }) }),
    ...(task &&
      frequency && {
        taskFrequencyEigenvalues: await eigenvalues({ metric: 'task-frequency', ...task, ...frequency }),
      }),
  };
}
