import * as l10n from '@vscode/l10n';
import { mostAccurate } from './floor.ts';
import { formatAccuracy, formatBytes, withoutZeros } from './format.ts';
import { modelName, type ModelRow, type ModelRows } from './modelRows.ts';

/** Which model is the smallest that reaches the floor, or how near the best one comes. */
export function describeFloor(rows: ModelRows, floor: number, smallest: ModelRow | undefined): string {
  const best = mostAccurate(rows.points);
  if (best === undefined) return '';
  const reached = formatAccuracy(floor);
  if (smallest === undefined) {
    const accuracy = formatAccuracy(best.after.mean);
    return l10n.t('No model reaches {0}. {1} comes nearest with {2}.', reached, modelName(best), accuracy);
  }
  const accuracy = formatAccuracy(smallest.after.mean);
  const size = [formatBytes(smallest.storageBytes), timesSmaller(smallest, rows.baseline)]
    .filter((text) => text !== undefined)
    .join(', ');
  return l10n.t(
    'Smallest model above {0}: {1}: {2}, accuracy {3}',
    reached,
    modelName(smallest),
    size,
    accuracy,
  );
}

/** `19 times smaller`; nothing where the model is hardly smaller or has grown. */
export function timesSmaller(
  { storageBytes }: Pick<ModelRow, 'storageBytes'>,
  baseline: Pick<ModelRow, 'storageBytes'> | undefined,
): string | undefined {
  if (baseline === undefined) return undefined;
  const times = baseline.storageBytes / storageBytes;
  if (times < 1.05) return undefined;
  return l10n.t('{0} times smaller', times < 9.95 ? withoutZeros(times.toFixed(1)) : Math.round(times));
}
