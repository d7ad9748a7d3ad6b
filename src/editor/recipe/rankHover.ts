import * as l10n from '@vscode/l10n';
import { formatMegabytes } from '../formatMegabytes.ts';
import { compressEntries } from './compressEntries.ts';
import { effectOf, rankOf, type Change, type KnownModel } from './rankEffect.ts';
import type { RecipeText, Span } from './recipeText.ts';

/** What a hover is about: one entry of `reductions` or `ranks`, or all of them. */
export interface HoveredRanks {
  readonly span: Span;
  readonly entries: readonly Entry[];
  /** Whether it is the list rather than an entry. */
  readonly isWhole: boolean;
}

export interface Entry {
  readonly kind: 'reduction' | 'rank';
  readonly value: number;
}

/** The entries at an offset of a recipe, if there are any. */
export function ranksAt(recipe: RecipeText, offset: number): HoveredRanks | undefined {
  const node = recipe.at(offset);
  const lists = compressEntries(recipe).flatMap((path) => [
    { list: recipe.node(...path, 'reductions'), kind: 'reduction' as const },
    { list: recipe.node(...path, 'ranks'), kind: 'rank' as const },
  ]);
  for (const { list, kind } of lists) {
    if (node === undefined || list?.type !== 'array') continue;
    const entries = (list.children ?? []).flatMap((item) =>
      typeof item.value === 'number' && isPossible(kind, item.value)
        ? [{ item, entry: { kind, value: item.value } }]
        : [],
    );
    const name = list.parent?.children?.[0];
    if (node === name || node === list) {
      return { span: node, entries: entries.map(({ entry }) => entry), isWhole: true };
    }
    const hovered = entries.find(({ item }) => item === node);
    if (hovered) return { span: node, entries: [hovered.entry], isWhole: false };
  }
  return undefined;
}

function isPossible(kind: Entry['kind'], value: number): boolean {
  return kind === 'rank' ? Number.isInteger(value) && value >= 1 : value > 0 && value < 1;
}

/** Markdown of what one entry does. */
export function describeEntry(entry: Entry, model: KnownModel): string {
  const { dimension, rows } = model;
  const rank = entry.kind === 'rank' ? entry.value : rankOf(entry.value, model);
  if (rows !== undefined && rank > Math.min(rows, dimension)) {
    return l10n.t(
      'Rank {0} is larger than {1}, the smaller side of the {2} × {3} table.',
      rank,
      Math.min(rows, dimension),
      formatCount(rows),
      dimension,
    );
  }
  const effect = effectOf(rank, model, entry.kind === 'rank' ? undefined : entry.value);
  if (effect === undefined) {
    const sentence =
      entry.kind === 'rank'
        ? l10n.t('**Rank {0}** of {1} dimensions.', rank, dimension)
        : l10n.t('About **rank {0}** of {1} dimensions.', rank, dimension);
    const bytes = l10n.t('A word takes {0} of {1} bytes.', 4 * rank, 4 * dimension);
    return `${sentence} ${bytes}\n\n${l10n.t(
      'The rest is known once the words are counted: save the recipe to have its data read.',
    )}`;
  }
  const percent = formatPercent(Math.abs(effect.reduction));
  const table = `${formatCount(model.rows ?? 0)} × ${dimension}`;
  const head =
    effect.reduction > 0
      ? l10n.t('**Rank {0}** removes {1} of the {2} table.', rank, percent, table)
      : l10n.t('**Rank {0}** makes the {1} table {2} larger.', rank, table, percent);
  const row = (name: string, change: Change, format: (value: number) => string): string =>
    tableRow([name, format(change.before), format(change.after)]);
  const lines = [
    tableRow(['', l10n.t('Before'), l10n.t('After')]),
    '|:--|--:|--:|',
    row(l10n.t('Embedding'), effect.embeddingBytes, formatMegabytes),
  ];
  if (effect.modelBytes) lines.push(row(l10n.t('Model'), effect.modelBytes, formatMegabytes));
  if (effect.flopsPerSentence) {
    lines.push(row(l10n.t('FLOPs a sentence'), effect.flopsPerSentence, formatCount));
  }
  const length =
    effect.flopsPerSentence && model.meanLength !== undefined
      ? `\n\n${l10n.t('A sentence has {0} tokens on average.', model.meanLength.toFixed(1))}`
      : '';
  return `${head}\n\n${lines.join('\n')}${length}`;
}

/** Markdown of what all entries of a list do, a line each. */
export function describeEntries(entries: readonly Entry[], model: KnownModel): string {
  const lines = entries.map((entry) => {
    const rank = entry.kind === 'rank' ? entry.value : rankOf(entry.value, model);
    const effect = effectOf(rank, model, entry.kind === 'rank' ? undefined : entry.value);
    const wish = entry.kind === 'rank' ? '' : formatPercent(entry.value);
    if (effect === undefined) return tableRow([wish, String(rank), '', '']);
    const { reduction, embeddingBytes } = effect;
    return tableRow([wish, String(rank), formatPercent(reduction), formatMegabytes(embeddingBytes.after)]);
  });
  const titles = [l10n.t('Reduction'), l10n.t('Rank'), l10n.t('Removed'), l10n.t('Embedding')];
  const known =
    model.rows === undefined
      ? l10n.t('A table of {0} dimensions, whose words are not counted yet.', model.dimension)
      : l10n.t(
          'A table of {0} × {1}, {2}.',
          formatCount(model.rows),
          model.dimension,
          formatMegabytes(4 * model.rows * model.dimension),
        );
  return `${known}\n\n${tableRow(titles)}\n|--:|--:|--:|--:|\n${lines.join('\n')}`;
}

/** VS Code sets the columns without a gap, so that each cell brings its own. */
function tableRow(cells: readonly string[]): string {
  return `|${cells.map((cell) => `${cell}\u00a0\u00a0`).join('|')}|`;
}

function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
