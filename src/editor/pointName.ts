import * as l10n from '@vscode/l10n';
import type { PointSettings } from '../core/compression/method.ts';
import type { Bits, Method, Metric } from '../core/recipe/recipe.ts';
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
export function settingName({ rank, dimension, setting = '', series = '' }: Named): string {
  if (rank !== undefined) return l10n.t('rank {0}', rank);
  if (dimension !== undefined) return l10n.t('{0} dimensions', dimension);
  return partsBeyond(setting, series).join(', ');
}

/** A model where it is named alone: `Task, rank 9`. */
export function pointName({ kind, ...point }: Pick<Trial, 'kind'> & Named): string {
  if (kind === 'baseline') return l10n.t('Uncompressed');
  if (kind === 'control') return l10n.t('Control, retrained');
  return [variantName(point), settingName(point)].filter((part) => part !== '').join(', ');
}

function variantName({ method = 'low-rank', metric, series = '' }: Named): string {
  const known = `${method}-${metric ?? ''}-offline`;
  return [metric === undefined ? methodName(method) : metricName(metric), ...partsBeyond(series, known)].join(
    ', ',
  );
}

/** The parts of an id that another lacks, in words. */
function partsBeyond(id: string, other: string): string[] {
  const names = new Set(other.split('-'));
  return id.split('-').flatMap((part) => (part === '' || names.has(part) ? [] : partName(part)));
}

function partName(part: string): string {
  const names: Readonly<Record<string, string>> = {
    row: l10n.t('a scale a row'),
    zero: l10n.t('zero point'),
    ternary: l10n.t('ternary'),
    bare: l10n.t('not retrained'),
  };
  const bits = /^(\d+)bit$/.exec(part)?.[1];
  return bits === undefined ? (names[part] ?? part) : bitsName(Number(bits));
}
