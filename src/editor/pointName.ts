import * as l10n from '@vscode/l10n';
import type { PointSettings } from '../core/compression/method.ts';
import type { Bits, DrawnSettings, Method, Metric } from '../core/recipe/recipe.ts';
import type { Trial } from '../core/sweep/trial.ts';

/** What models are called, on the panel's page as in the editor. */

type Named = Partial<PointSettings>;

export function metricName(metric: Metric): string {
  const names: Readonly<Record<Metric, string>> = {
    task: l10n.t('Task'),
    spectrum: l10n.t('Spectrum'),
    frequency: l10n.t('Frequency'),
    'task-frequency': l10n.t('Task and frequency'),
  };
  return names[metric];
}

export function methodName(method: Method): string {
  const names: Readonly<Record<Method, string>> = {
    'low-rank': l10n.t('Low rank'),
    'low-rank-offline': l10n.t('Offline low rank'),
    'ppa-pca': l10n.t('PPA and PCA'),
    'fixed-point': l10n.t('Fixed point'),
    'product-quantization': l10n.t('Product quantization'),
    codes: l10n.t('Codes'),
    pruning: l10n.t('Pruning'),
    'deep-compression': l10n.t('Deep compression'),
  };
  return names[method];
}

/** `8 bits`, `1 bit` or `ternary`. */
export function bitsName(bits: Bits): string {
  if (bits === 'ternary') return l10n.t('ternary');
  return bits === 1 ? l10n.t('1 bit') : l10n.t('{0} bits', bits);
}

/** A curve: `Low rank: Task, 4 bits`, or `Fixed point, not retrained`. */
export function seriesName(series: Named): string {
  const { method = 'low-rank', metric } = series;
  return metric === undefined ? variantName(series) : `${methodName(method)}: ${variantName(series)}`;
}

/** What tells a point from the others of its curve: `rank 9`, `4 bits`. */
export function settingName({ rank, dimension, coding, setting = '' }: Named): string {
  if (rank !== undefined) return l10n.t('rank {0}', rank);
  if (dimension !== undefined) return l10n.t('{0} dimensions', dimension);
  switch (coding?.kind) {
    case 'fixed-point':
      return bitsName(coding.bits);
    case 'product-quantization':
      return l10n.t('parts of {0}', coding.subvector);
    case 'codes':
      return l10n.t('{0} codebooks', coding.codebooks);
    case 'sparse':
    case 'deep-compression':
      return l10n.t('{0} zeros', percent(coding.sparsity));
    default:
      return setting;
  }
}

/** A model where it is named alone: `Task, rank 9`. */
export function pointName({ kind, training, ...point }: Pick<Trial, 'kind' | 'training'> & Named): string {
  if (kind === 'try' && training) return drawnName(training);
  if (kind === 'baseline') return l10n.t('Uncompressed');
  if (kind === 'control') return l10n.t('Control, retrained');
  return [variantName(point), settingName(point)].filter((part) => part !== '').join(', ');
}

/** Settings that a random search tries. */
function drawnName({ rate, batchSize, dropout, wordDropout }: DrawnSettings): string {
  return l10n.t('Rate {0}, batches of {1}, dropout {2} and {3}', rate, batchSize, dropout, wordDropout);
}

function variantName(point: Named): string {
  const { method = 'low-rank', metric, retrain } = point;
  return [
    metric === undefined ? methodName(method) : metricName(metric),
    ...codingNames(point),
    ...(retrain === false && method !== 'low-rank-offline' && method !== 'ppa-pca'
      ? [l10n.t('not retrained')]
      : []),
  ].join(', ');
}

/** What all points of a curve have in common of their coding, where it is not the default. */
function codingNames({ method, coding, retrain, series = '' }: Named): string[] {
  const words = (share: number): string[] =>
    share === 1 ? [] : [l10n.t('{0} of the words', percent(share))];
  switch (coding?.kind) {
    case 'fixed-point':
      return [
        ...(method === 'fixed-point' ? [] : [bitsName(coding.bits)]),
        ...(coding.scale === 'row' ? [l10n.t('a scale a row')] : []),
        ...(coding.zeroPoint ? [l10n.t('zero point')] : []),
      ];
    case 'frequent-rows':
      return [...(coding.values ? [bitsName(coding.values.bits)] : []), ...words(coding.words)];
    case 'product-quantization':
      return [
        ...(coding.centroids === 256 ? [] : [l10n.t('{0} centroids', coding.centroids)]),
        ...(coding.norm ? [] : [l10n.t('with lengths')]),
        ...words(coding.words),
        ...(series.includes('-frequency') ? [l10n.t('the most frequent')] : []),
      ];
    case 'codes':
      return coding.codewords === 16 ? [] : [l10n.t('{0} codewords', coding.codewords)];
    case 'deep-compression':
      return [bitsName(coding.bits)];
    case 'sparse':
      return coding.gradual || retrain === false ? [] : [l10n.t('at once')];
    default:
      return [];
  }
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(4))}\u00a0%`;
}
