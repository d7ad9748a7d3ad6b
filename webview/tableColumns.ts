import { formatBytes, formatCount, formatFlops, formatMean, formatPercent, formatSeconds } from './format.ts';
import { metricName, type Mean, type ModelRow } from './modelRows.ts';

/** A column of figures. `value` is what it is sorted by and, in full, what is copied. */
export interface Column {
  readonly id: string;
  readonly title: string;
  /** The whole name where the title is cut short. */
  readonly hint?: string;
  value(row: ModelRow): number | undefined;
  text(row: ModelRow): string | undefined;
}

function figure(
  id: string,
  title: string,
  value: (row: ModelRow) => number | undefined,
  format: (value: number) => string,
  hint?: string,
): Column {
  return {
    id,
    title,
    ...(hint !== undefined && { hint }),
    value,
    text: (row) => {
      const found = value(row);
      return found === undefined ? undefined : format(found);
    },
  };
}

function accuracy(
  id: string,
  title: string,
  hint: string,
  mean: (row: ModelRow) => Mean | undefined,
): Column {
  return {
    id,
    title,
    hint,
    value: (row) => mean(row)?.mean,
    text: (row) => {
      const found = mean(row);
      return found && formatMean(found);
    },
  };
}

const ALWAYS: readonly Column[] = [
  figure('rank', 'Rank', (row) => row.rank, String),
  figure('reduction', 'Reduction', (row) => row.reduction, formatPercent, 'Of the embedding’s parameters'),
  figure('parameters', 'Parameters', (row) => row.parameters, formatCount),
  figure('storage', 'Size', (row) => row.storageBytes, formatBytes, 'Bytes of the weights'),
  figure('flops', 'FLOPs', (row) => row.flopsPerSentence, formatFlops, 'For a sentence of mean length'),
  accuracy('before', 'Before', 'Validation accuracy before retraining', (row) => row.before),
  accuracy('after', 'Validation', 'Validation accuracy after retraining', (row) => row.after),
];

const REPORT: readonly Column[] = [
  accuracy('test', 'Test (report)', 'Test accuracy, read once at the end', (row) => row.test),
  accuracy('macroF1', 'Macro F1', 'On the test set', (row) => row.macroF1),
];

const SEEDS = figure('seeds', 'Seeds', (row) => row.trials.length, String, 'Finished so far');
const SECONDS = figure('seconds', 'Time', (row) => row.seconds, formatSeconds, 'Mean over the seeds');

/** Test figures once the run has ended; seeds where there are several. */
export function tableColumns(withTest: boolean, withSeeds: boolean): readonly Column[] {
  return [...ALWAYS, ...(withTest ? REPORT : []), ...(withSeeds ? [SEEDS] : []), SECONDS];
}

/** The first cell of a row, which names it beside the rank's own column. */
export function rowTitle({ kind, metric }: ModelRow): string {
  if (kind === 'baseline') return 'Uncompressed';
  if (kind === 'control') return 'Control, retrained';
  return metric === undefined ? 'Low rank' : metricName(metric);
}

/** Sorts a copy; rows without the figure come last either way. */
export function sortRows(rows: readonly ModelRow[], column: Column, descending: boolean): ModelRow[] {
  return rows.toSorted((a, b) => {
    const x = column.value(a);
    const y = column.value(b);
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    return descending ? y - x : x - y;
  });
}

/** The table as tab-separated values with all digits, for a spreadsheet. */
export function tableText(rows: readonly ModelRow[], columns: readonly Column[]): string {
  const lines = [['Model', ...columns.map((column) => column.title)]];
  for (const row of rows)
    lines.push([rowTitle(row), ...columns.map((column) => String(column.value(row) ?? ''))]);
  return lines.map((cells) => cells.join('\t')).join('\n');
}
