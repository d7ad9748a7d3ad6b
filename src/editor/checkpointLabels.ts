import * as l10n from '@vscode/l10n';
import type { Inspection } from '../core/checkpoint/inspect.ts';

/** `96 % embedding, 864 k parameters, tfjs`, and first the rank of a factorized one: what is cut off counts least. */
export function describeModel({ format, parameters, embeddingShare, spec }: Inspection): string {
  const { rank } = spec.embedding;
  return [
    ...(rank === undefined ? [] : [l10n.t('rank {0}', rank)]),
    l10n.t('{0} % embedding', Math.round(100 * embeddingShare)),
    l10n.t('{0} parameters', shortCount(parameters)),
    format,
  ].join(', ');
}

/** Three digits that count: `864 k`, `1.23 M`. */
export function shortCount(count: number): string {
  const units = ['', '\u00a0k', '\u00a0M', '\u00a0G'];
  let value = count;
  let unit = 0;
  // 999.5 would be written as 1000.
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${Number(value.toPrecision(3))}${units[unit] ?? ''}`;
}

/** Each folder's own name, or the whole way to it where another model's folder has the same. */
export function modelNames(folders: readonly string[]): string[] {
  const last = folders.map((folder) => folder.split(/[\\/]/).at(-1) ?? folder);
  return folders.map((folder, i) => {
    const name = last[i] ?? folder;
    return folders.some((other, j) => other !== folder && last[j] === name) ? folder : name;
  });
}
