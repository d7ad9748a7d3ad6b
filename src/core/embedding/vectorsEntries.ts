import { open, type FileHandle } from 'node:fs/promises';
import { writeAll } from '../checkpoint/replaceFile.ts';
import { readLineChunks, type LineChunk } from '../text/lines.ts';
import { encodeEntries, headerOf, type VectorsFormat } from './vectorsWrite.ts';

/** Writes vectors block by block into a file, each beside its word, which is read along from a list. */
export class EntryWriter {
  readonly #file: FileHandle;
  readonly #format: VectorsFormat;
  readonly #dimension: number;
  readonly #lines: AsyncGenerator<LineChunk, undefined> | undefined;
  #words: string[] = [];

  /**
   * Begins a new file of `rows` vectors.
   * @param dimension numbers of a vector
   * @param wordsFile one word a line; unused where the format has no words
   */
  static async create(
    path: string,
    format: VectorsFormat,
    rows: number,
    dimension: number,
    wordsFile: string,
  ): Promise<EntryWriter> {
    const writer = new EntryWriter(await open(path, 'wx'), format, dimension, wordsFile);
    await writeAll(writer.#file, headerOf(format, rows, dimension));
    return writer;
  }

  private constructor(file: FileHandle, format: VectorsFormat, dimension: number, wordsFile: string) {
    this.#file = file;
    this.#format = format;
    this.#dimension = dimension;
    if (format !== 'npy') this.#lines = readLineChunks(wordsFile) as AsyncGenerator<LineChunk, undefined>;
  }

  async write(block: Float32Array): Promise<void> {
    const count = block.length / this.#dimension;
    while (this.#lines !== undefined && this.#words.length < count) {
      const next = await this.#lines.next();
      if (next.done === true) throw new Error('A word is missing.');
      this.#words = this.#words.concat(next.value.lines.map((line) => line.toString('utf8')));
    }
    const words = this.#words.slice(0, count);
    this.#words = this.#words.slice(count);
    await writeAll(this.#file, encodeEntries(this.#format, words, block, this.#dimension));
  }

  async close(): Promise<void> {
    await this.#lines?.return(undefined);
    await this.#file.sync();
    await this.#file.close();
  }
}
