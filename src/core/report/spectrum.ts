import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { factorize } from '../embedding/factorize.ts';
import type { PassOptions } from '../embedding/rowSource.ts';
import { singularSpectrum } from '../embedding/spectrum.ts';
import { EmbeddingTable } from '../embedding/table.ts';
import { UserError } from '../errors.ts';
import type { SpectrumReport } from './reports.ts';

/**
 * What each rank keeps of a model's embedding table, in both metrics.
 *
 * @param gradientCovariance G, n x n, of the metric `task`; without it the report has the metric `spectrum` alone
 * @throws UserError `already-factorized`; `table-not-finite`, `table-zero` and `no-gradient` as `factorize` does
 */
export async function spectrumReport(
  { spec, weights }: Checkpoint,
  gradientCovariance?: Float64Array,
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
  if (gradientCovariance === undefined) return { rows, dimension, singularValues: [...singularValues] };
  const felt = await factorize(
    table,
    { rank: 1, metric: 'task', split: 'balanced', gradientCovariance },
    pass,
  );
  return {
    rows,
    dimension,
    singularValues: [...singularValues],
    taskEigenvalues: Array.from(felt.singularValues, (value) => value * value),
  };
}
