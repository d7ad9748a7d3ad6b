import { relative, resolve } from 'node:path';

/** A path as the user would type it: relative where it lies below the working folder. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? resolve(path) : short;
}

/** `45 s`, `3:20 min`, `2:05 h`. */
export function shownDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const pair = (high: number, low: number): string => `${high}:${String(low).padStart(2, '0')}`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${pair(Math.floor(whole / 60), whole % 60)} min`;
  return `${pair(Math.floor(whole / 3600), Math.floor((whole % 3600) / 60))} h`;
}

/** Columns two spaces apart; the first column and the ones named are aligned left, the others right. */
export function table(rows: readonly (readonly string[])[], leftColumns: readonly number[] = []): string {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || leftColumns.includes(column)
            ? cell.padEnd(width(column))
            : cell.padStart(width(column)),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
