import type { Row } from './measure.ts';
import type { Column, Part } from './part.ts';

/** A part's tables, one a group, in Markdown. */
export function partTables(part: Part, rows: readonly Row[]): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  return groups
    .map(
      (group) =>
        `### ${group}\n\n${groupTable(
          part,
          rows.filter((row) => row.group === group),
        )}`,
    )
    .join('\n\n');
}

/** What a row's figure is divided by. */
interface Reference {
  readonly title: string;
  readonly column: Column;
  readonly among: (peer: Row) => boolean;
}

/** The best peer, and the best without buckets where some have them, in each column that is compared. */
function references(part: Part, rows: readonly Row[]): Reference[] {
  const peers = rows.filter(({ ours }) => !ours);
  const bucketed = peers.some(({ buckets }) => buckets === true);
  const compared = part.columns.filter(({ better }) => better !== undefined);
  return compared.flatMap((column) => {
    const ending = compared.length > 1 ? `, ${column.title.replace(/ \(.*/, '')}` : '';
    const all = { title: `× best peer${ending}`, column, among: () => true };
    const plain = { title: `× best without buckets${ending}`, column, among: (peer: Row) => !peer.buckets };
    return peers.length === 0 ? [] : bucketed ? [all, plain] : [all];
  });
}

function best(rows: readonly Row[], { key, better }: Column): number {
  const values = rows.map(({ medians }) => medians[key] ?? NaN);
  return better === 'lower' ? Math.min(...values) : Math.max(...values);
}

function groupTable(part: Part, rows: readonly Row[]): string {
  const compared = references(part, rows);
  const head = ['', ...part.columns.map(({ title }) => title), ...compared.map(({ title }) => title)];
  const body = rows.map(({ name, ours, form, medians }) => {
    const figures = part.columns.map(({ key, digits }) => shown(medians[key], digits));
    const ratios = compared.map(({ column, among }) => {
      const peers = rows.filter((row) => !row.ours && row.form === form && among(row));
      return shown((medians[column.key] ?? NaN) / best(peers, column), 2);
    });
    return [ours ? `**${name}**` : name, ...figures, ...ratios];
  });
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((cells) => cells[i]?.length ?? 0), 3));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [head, rule, ...body].map(line).join('\n');
}

function shown(value: number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
