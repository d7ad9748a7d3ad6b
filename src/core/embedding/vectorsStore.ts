/** Word i has the vector `data[i*D .. (i+1)*D - 1]`. */
export interface WordVectors {
  readonly words: string[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** Takes the entries of a file of word vectors as they are read. */
export interface VectorSink {
  wants(word: string): boolean;
  /** Room for the word's vector, to be filled before the next one is added. */
  add(word: string): Float32Array;
  /** Called after every few MiB of the file, with the bytes read so far. */
  drain(bytesRead: number): void | Promise<void>;
}

/** How a file of word vectors is read, whatever its form. */
export interface VectorReading {
  /** D, where it is known before. */
  readonly dimension?: number;
  /** Called once D is known, with the entries that the file announces or its form implies. */
  readonly sink: (dimension: number, entries: number | undefined) => VectorSink;
}

/** Collects vectors; of a word that comes twice the first is kept. */
export class VectorStore implements VectorSink {
  readonly words: string[] = [];
  readonly #seen = new Set<string>();
  #data: Float32Array<ArrayBuffer>;

  constructor(
    readonly dimension: number,
    readonly wanted: ReadonlySet<string> | undefined,
    /** Entries to make room for at first. */
    capacity: number,
  ) {
    this.#data = new Float32Array(Math.min(capacity, wanted?.size ?? capacity) * dimension);
  }

  wants(word: string): boolean {
    return (this.wanted?.has(word) ?? true) && !this.#seen.has(word);
  }

  add(word: string): Float32Array {
    const start = this.words.length * this.dimension;
    if (start + this.dimension > this.#data.length) {
      const larger = new Float32Array(Math.max(2 * this.#data.length, 64 * this.dimension));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#seen.add(word);
    this.words.push(word);
    return this.#data.subarray(start, start + this.dimension);
  }

  drain(): void {
    // Everything stays in memory.
  }

  result(): WordVectors {
    const length = this.words.length * this.dimension;
    const data = this.#data.length === length ? this.#data : this.#data.slice(0, length);
    return { words: this.words, data };
  }
}
