import * as l10n from '@vscode/l10n';
import type { Estimate } from '../../core/report/reports.ts';

/** `14 models, 70 epochs, about 2 min, 48 MB of disk` */
export function describeEstimate({ trials, epochs, seconds, diskBytes }: Estimate): string {
  return l10n.t(
    '{0}, {1}, about {2}, {3} of disk',
    trials === 1 ? l10n.t('1 model') : l10n.t('{0} models', trials),
    epochs === 1 ? l10n.t('1 epoch') : l10n.t('{0} epochs', epochs),
    roundDuration(seconds),
    roundBytes(diskBytes),
  );
}

/** How the estimate came about, and what the run will warn of; a line each. */
export function explainEstimate({ engine, jobs, sentences, warnings }: Estimate): string {
  const { train, validation, test } = sentences;
  return [
    l10n.t('Measured with the {0} engine, {1} at once.', engine, jobs),
    l10n.t('Sentences: {0} to train, {1} to validate, {2} to test.', train, validation, test),
    ...warnings,
  ].join('\n');
}

/** In one unit: an estimate is no measurement. */
export function roundDuration(seconds: number): string {
  if (seconds < 90) return l10n.t('{0} s', Math.max(1, Math.round(seconds)));
  const minutes = seconds / 60;
  if (minutes < 90) return l10n.t('{0} min', Math.round(minutes));
  return l10n.t('{0} h', Math.round(minutes / 60));
}

function roundBytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
