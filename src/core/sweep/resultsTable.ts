import { meanPoints, referenceAccuracy } from './results.ts';
import type { MeanResult, Results } from './trial.ts';

interface Column {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

interface Row {
  readonly name: string;
  readonly result: MeanResult;
}

/** What a table shows of results. */
export type TableResults = Pick<Results, 'baseline' | 'control' | 'points' | 'searches'>;

/** The results as a plain-text table: the uncompressed model, its control, and each series, from the largest model to the smallest. */
export function resultsTable(results: TableResults): string {
  const rows = rowsOf(results);
  if (rows.length === 0) return 'No trial has ended yet.';
  const cells = cellsOf(results, rows);
  const widths = (cells[0] ?? []).map((_, c) => Math.max(...cells.map((line) => line[c]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((text, c) => (c === 0 ? text.padEnd(widths[c] ?? 0) : text.padStart(widths[c] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return [...lines, ...notes(results, rows)].join('\n');
}

/** The same table's cells, the titles first; empty where no trial has ended. */
export function resultsCells(results: TableResults): string[][] {
  const rows = rowsOf(results);
  return rows.length === 0 ? [] : cellsOf(results, rows);
}

function rowsOf({ baseline, control, points }: TableResults): Row[] {
  return [
    ...(baseline ? [{ name: 'uncompressed', result: baseline }] : []),
    ...(control ? [{ name: 'retrained control', result: control }] : []),
    ...bySeries(meanPoints(points)).map((result) => ({ name: result.setting ?? '', result })),
  ];
}

function cellsOf(results: TableResults, rows: readonly Row[]): string[][] {
  const columns = columnsFor(results, rows);
  return [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
}

function columnsFor(results: TableResults, rows: readonly Row[]): Column[] {
  const tested = rows.some(({ result }) => result.testAccuracy !== undefined);
  const allTested = rows.every(({ result }) => result.testAccuracy !== undefined);
  const figure = allTested ? 'testAccuracy' : 'validationAccuracy';
  const reference = referenceAccuracy(results, figure);
  return [
    { title: 'model', cell: ({ name, result }) => (isChosen(results, result) ? `${name} *` : name) },
    { title: 'rank', cell: ({ result }) => (result.rank === undefined ? '-' : String(result.rank)) },
    {
      title: 'reduction',
      cell: ({ result }) =>
        result.reduction === undefined ? '-' : `${(100 * result.reduction).toFixed(1)} %`,
    },
    { title: 'embedding', cell: ({ result }) => formatBytes(result.embeddingBytes) },
    { title: 'size', cell: ({ result }) => formatBytes(result.storageBytes) },
    { title: 'FLOPs/sentence', cell: ({ result }) => formatCount(result.flopsPerSentence) },
    ...(rows.some(({ result }) => result.latency)
      ? [{ title: 'ms', cell: ({ result }: Row) => result.latency?.p50Ms.toPrecision(2) ?? '-' }]
      : []),
    ...(results.searches?.models
      ? [{ title: 'epochs', cell: ({ result }: Row) => String(result.seeds[0]?.epochs ?? '-') }]
      : []),
    { title: 'validation before', cell: ({ result }) => formatAccuracy(result.validationAccuracyBefore) },
    { title: 'after', cell: ({ result }) => formatAccuracy(result.validationAccuracy) },
    ...(tested ? [{ title: 'test', cell: ({ result }: Row) => formatAccuracy(result.testAccuracy) }] : []),
    {
      title: allTested ? 'test loss' : 'validation loss',
      cell: ({ result }) => {
        const accuracy = result[figure];
        if (result.kind !== 'point' || accuracy === undefined || reference === undefined) return '-';
        return formatLoss(reference - accuracy);
      },
    },
  ];
}

function isChosen({ searches }: TableResults, { seeds }: MeanResult): boolean {
  return seeds.some(({ trial }) => trial === searches?.models?.chosen);
}

function notes(results: TableResults, rows: readonly Row[]): string[] {
  const counts = rows.map(({ result }) => result.seeds.length);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds = fewest === most ? String(most) : `${fewest} to ${most}`;
  return [
    ...(rows.some(({ result }) => isChosen(results, result)) ? ['* Chosen by the search.'] : []),
    ...(most > 1 ? [`Means over ${seeds} seeds.`] : []),
    ...(results.points.length > 0 && (results.baseline ?? results.control)
      ? ['Losses are against the better of the uncompressed model and the retrained control.']
      : []),
  ];
}

/** One series after the other, in the order of their first points; each from its largest model. */
function bySeries(points: readonly MeanResult[]): MeanResult[] {
  const series = [...new Set(points.map((point) => point.series))];
  return series.flatMap((name) =>
    points.filter((point) => point.series === name).sort((a, b) => b.embeddingBytes - a.embeddingBytes),
  );
}

function formatAccuracy(accuracy: number | undefined): string {
  return accuracy === undefined ? '-' : accuracy.toFixed(4);
}

/** A gain is a negative loss; no "-0.0000". */
function formatLoss(loss: number): string {
  const text = loss.toFixed(4);
  return Number(text) === 0 ? '0.0000' : text;
}

/** With commas between thousands, whatever the machine's language. */
function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** In powers of 1000, e.g. `3.46 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (unit < units.length - 1 && value >= 999.5) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toPrecision(3)} ${units[unit] ?? ''}`;
}
