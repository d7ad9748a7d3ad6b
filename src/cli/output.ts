import { relative } from 'node:path';

/** What a shell reports of a program that the system ended because its reader had gone. */
const brokenPipe = 141;

/** A reader that has enough, as `head` has, ends the command quietly. A run that it follows goes on. */
export function leaveOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(brokenPipe);
      throw error;
    });
  }
}

/** Lines that stay, and on a terminal one below them that changes. */
export class Output {
  readonly #live = process.stdout.isTTY;
  #line = '';

  /** Whether a line that changes can be shown. */
  get live(): boolean {
    return this.#live;
  }

  print(text: string): void {
    this.#clear();
    process.stdout.write(text + '\n');
    this.#draw();
  }

  /** For the person, not for the program that reads the output. */
  warn(text: string): void {
    this.#clear();
    process.stderr.write(text + '\n');
    this.#draw();
  }

  printJson(value: unknown): void {
    process.stdout.write(JSON.stringify(value) + '\n');
  }

  /** Replaces the line that changes; an empty text takes it away. */
  show(line: string): void {
    if (!this.#live) return;
    this.#clear();
    this.#line = line;
    this.#draw();
  }

  #clear(): void {
    if (this.#line !== '') process.stdout.write('\r\x1b[K');
  }

  #draw(): void {
    if (this.#line !== '') process.stdout.write(this.#line.slice(0, process.stdout.columns - 1));
  }
}

/** A path as it is shortest to type from here. */
export function shortPath(path: string): string {
  const from = relative(process.cwd(), path);
  return from === '' ? '.' : from.startsWith('..') ? path : from;
}

/** Columns padded to their widest cell, the last one left as it is. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => cell.padEnd(widths[c] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `8 s`, `3 min`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
