import * as l10n from '@vscode/l10n';
import {
  formatBytes,
  formatCount,
  formatFlops,
  formatMean,
  formatMilliseconds,
  formatPercent,
  formatSeconds,
} from './format.ts';
import type { LayerCost } from '../src/core/sweep/trial.ts';
import { pointName, seriesName, settingName } from '../src/editor/pointName.ts';
import { runName, type Mean, type ModelRow } from './modelRows.ts';
import type { PanelRun } from '../src/editor/panelProtocol.ts';

/** A column of figures, or of names. */
export interface Column {
  readonly id: string;
  /** The head of the column on the page. */
  readonly title: string;
  /** The whole name, with the unit: a hint on the page, the head in a file. */
  readonly name: string;
  /** What it is sorted by and, in full, what is copied. */
  readonly value: (row: ModelRow) => number | string | undefined;
  /** As it stands in the table. */
  readonly text: (row: ModelRow) => string | undefined;
  /** Over the seeds, where the value is a mean. */
  readonly deviation?: (row: ModelRow) => number | undefined;
}

function figure(
  id: string,
  title: string,
  name: string,
  value: (row: ModelRow) => number | undefined,
  format: (value: number) => string,
): Column {
  const text = (row: ModelRow): string | undefined => {
    const found = value(row);
    return found === undefined ? undefined : format(found);
  };
  return { id, title, name, value, text };
}

function sumOver({ layers }: ModelRow, cost: (layer: LayerCost) => number): number {
  return layers.reduce((sum, layer) => sum + cost(layer), 0);
}

function accuracy(
  id: string,
  title: string,
  name: string,
  mean: (row: ModelRow) => Mean | undefined,
): Column {
  return {
    id,
    title,
    name,
    value: (row) => mean(row)?.mean,
    text: (row) => {
      const found = mean(row);
      return found && formatMean(found);
    },
    deviation: (row) => mean(row)?.deviation,
  };
}

/** The name of the row, which it shares with the other points of its curve. */
const MODEL: Column = {
  id: 'model',
  title: l10n.t('Model'),
  name: l10n.t('Model'),
  value: rowTitle,
  text: rowTitle,
};

/** By its number, where that is a rank; others stand after all ranks. */
const SETTING: Column = {
  id: 'setting',
  title: l10n.t('Setting'),
  name: l10n.t('Setting'),
  value: (row) => row.rank ?? (row.kind === 'point' ? settingName(row) : undefined),
  text: (row) => (row.kind === 'point' ? settingName(row) : undefined),
};

const FIGURES: readonly Column[] = [
  SETTING,
  figure(
    'embedding',
    l10n.t('Embedding'),
    l10n.t('Bytes of the embedding'),
    (row) => row.embeddingBytes,
    formatBytes,
  ),
  figure('storage', l10n.t('Size'), l10n.t('Bytes of the weights'), (row) => row.storageBytes, formatBytes),
  figure(
    'memory',
    l10n.t('Memory'),
    l10n.t('Bytes of the weights in memory, where coded ones are decoded'),
    (row) => sumOver(row, ({ memoryBytes }) => memoryBytes),
    formatBytes,
  ),
  figure(
    'reduction',
    l10n.t('Reduction'),
    l10n.t('Reduction of the embedding’s bytes'),
    (row) => row.reduction,
    formatPercent,
  ),
  figure('parameters', l10n.t('Parameters'), l10n.t('Parameters'), (row) => row.parameters, formatCount),
  figure(
    'multiplyAdds',
    l10n.t('Multiply-adds'),
    l10n.t('Multiply-adds for a sentence of mean length; each is two FLOPs'),
    (row) => sumOver(row, ({ multiplyAddsPerSentence }) => multiplyAddsPerSentence),
    formatFlops,
  ),
  figure(
    'flops',
    l10n.t('FLOPs'),
    l10n.t('FLOPs for a sentence of mean length'),
    (row) => row.flopsPerSentence,
    formatFlops,
  ),
  accuracy('before', l10n.t('Before'), l10n.t('Validation accuracy before retraining'), (row) => row.before),
  accuracy('after', l10n.t('Validation'), l10n.t('Validation accuracy after retraining'), (row) => row.after),
];

const LATENCY: readonly Column[] = [
  figure(
    'p50',
    l10n.t('Latency'),
    l10n.t('Milliseconds for one sentence, the median'),
    (row) => row.latency?.p50Ms,
    formatMilliseconds,
  ),
  figure(
    'p95',
    'p95',
    l10n.t('Milliseconds that 95 % of single sentences take at most'),
    (row) => row.latency?.p95Ms,
    formatMilliseconds,
  ),
  figure(
    'throughput',
    l10n.t('Sentences/s'),
    l10n.t('Sentences a second, many at a time'),
    (row) => row.latency?.sentencesPerSecond,
    formatCount,
  ),
];

const REPORT: readonly Column[] = [
  accuracy('test', l10n.t('Test (report)'), l10n.t('Test accuracy, read once at the end'), (row) => row.test),
  accuracy('macroF1', l10n.t('Macro F1'), l10n.t('Macro F1 on the test set'), (row) => row.macroF1),
];

const EPOCHS = figure(
  'epochs',
  l10n.t('Epochs'),
  l10n.t('Epochs that the search has trained it'),
  (row) => row.epochs,
  String,
);
const SEEDS = figure('seeds', l10n.t('Seeds'), l10n.t('Seeds that are done'), (row) => row.seeds, String);
const SECONDS = figure(
  'seconds',
  l10n.t('Time'),
  l10n.t('Seconds a training, the mean over the seeds'),
  (row) => row.seconds,
  formatSeconds,
);

/** What the rows have, beside what all have. */
export interface TableContent {
  readonly latency: boolean;
  readonly test: boolean;
  readonly seeds: boolean;
  /** Whether a search has trained some for longer than others. */
  readonly search: boolean;
  /** The panel's own run, where its rows stand among others'. */
  readonly run?: PanelRun;
}

export function tableColumns({ latency, test, seeds, search, run }: TableContent): readonly Column[] {
  return [
    MODEL,
    ...(run ? [runColumn(run)] : []),
    ...FIGURES,
    ...(latency ? LATENCY : []),
    ...(test ? REPORT : []),
    ...(seeds ? [SEEDS] : []),
    ...(search ? [EPOCHS] : []),
    SECONDS,
  ];
}

function runColumn(own: PanelRun): Column {
  const value = (row: ModelRow): string => runName(row.run ?? own);
  return { id: 'run', title: l10n.t('Run'), name: l10n.t('Run'), value, text: value };
}

/** The first cell of a row, which names it beside the setting's own column. */
function rowTitle(row: ModelRow): string {
  return row.kind === 'point' ? seriesName(row) : pointName(row);
}

/** Sorts a copy; rows without the figure come last either way. */
export function sortRows(rows: readonly ModelRow[], column: Column, descending: boolean): ModelRow[] {
  return rows.toSorted((a, b) => {
    const x = column.value(a);
    const y = column.value(b);
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
    return descending ? -order : order;
  });
}

/** The table for a spreadsheet: a head, and every figure with all its digits; deviations have columns of their own. */
export function tableCells(rows: readonly ModelRow[], columns: readonly Column[]): string[][] {
  const cells: string[][] = [[], ...rows.map(() => [])];
  const add = (name: string, value: Column['value']): void => {
    cells[0]?.push(name);
    rows.forEach((row, i) => cells[i + 1]?.push(String(value(row) ?? '')));
  };
  for (const { name, value, deviation } of columns) {
    add(name, value);
    if (deviation && rows.some((row) => deviation(row) !== undefined))
      add(l10n.t('{0}: deviation over seeds', name), deviation);
  }
  return cells;
}
