import { closeSync, openSync, writeSync } from 'node:fs';
import { open, readFile, truncate } from 'node:fs/promises';
import type { RunEvent } from '../core/sweep/trial.ts';
import { parseRunJson } from './runJson.ts';

/** Writes events.jsonl: events that come together by one system call, so that a killed writer tears the last line at most. */
export class EventLog {
  readonly #file: number;

  private constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** Opens the file, which is cut after its last whole line; gives the events that it holds. */
  static async open(path: string): Promise<{ readonly log: EventLog; readonly past: RunEvent[] }> {
    let past: RunEvent[] = [];
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) {
      const end = bytes.lastIndexOf(0x0a) + 1;
      if (end < bytes.length) await truncate(path, end);
      past = parseLines(bytes.toString('utf8', 0, end), path, 1);
    }
    return { log: new EventLog(path), past };
  }

  append(...events: readonly RunEvent[]): void {
    const lines = Buffer.from(events.map((event) => JSON.stringify(event) + '\n').join(''));
    let written = 0;
    while (written < lines.length) written += writeSync(this.#file, lines, written);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Some hundred events, which are parsed in a millisecond or two. */
const pieceBytes = 1 << 17;

/** Reads an events.jsonl that grows. */
export class EventTail {
  readonly #path: string;
  #offset = 0;
  /** Read so far. */
  #lines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The whole events since the last call. */
  async read(): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const piece of this.pieces()) for (const event of piece) events.push(event);
    return events;
  }

  /** The same, piece by piece, so that a reader with a user before it is never held up. */
  async *pieces(): AsyncGenerator<RunEvent[]> {
    const file = await open(this.#path).catch(() => undefined);
    if (file === undefined) return;
    try {
      const { size } = await file.stat();
      let piece = Buffer.alloc(Math.min(pieceBytes, Math.max(0, size - this.#offset)));
      while (this.#offset < size) {
        const { bytesRead } = await file.read(piece, 0, piece.length, this.#offset);
        const end = bytesRead === 0 ? 0 : piece.lastIndexOf(0x0a, bytesRead - 1) + 1;
        if (end > 0) {
          this.#offset += end;
          const events = parseLines(piece.toString('utf8', 0, end), this.#path, 1 + this.#lines);
          this.#lines += events.length;
          yield events;
        } else if (bytesRead < piece.length || this.#offset + bytesRead >= size) {
          // The last line is still being written.
          break;
        } else {
          piece = Buffer.alloc(2 * piece.length);
        }
      }
    } finally {
      await file.close();
    }
  }
}

/** @param first number of the first line in the file. @throws UserError `damaged-run` */
function parseLines(text: string, file: string, first: number): RunEvent[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => parseRunJson(line, file, first + i) as RunEvent);
}
