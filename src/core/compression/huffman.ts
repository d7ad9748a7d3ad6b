/** Bits of a code at most, so that its length takes four. */
export const mostCodeBits = 15;

/**
 * Lengths of the codes with which symbols take the fewest bits, at most 15 each: package-merge (Larmore and Hirschberg,
 * 1990). A single symbol has a code of one bit.
 *
 * @param counts how often each symbol occurs; one that never does has no code, of length 0
 */
export function codeLengths(counts: ArrayLike<number>): Uint8Array {
  const lengths = new Uint8Array(counts.length);
  interface Item {
    readonly weight: number;
    readonly symbols: readonly number[];
  }
  const leaves = Array.from(counts, (weight, symbol): Item => ({ weight, symbols: [symbol] }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.weight - b.weight);
  if (leaves.length === 1) lengths[leaves[0]!.symbols[0]!] = 1;
  let items: readonly Item[] = leaves;
  for (let length = 1; length < mostCodeBits; length++) {
    const pairs: Item[] = [];
    for (let i = 0; i + 1 < items.length; i += 2) {
      const [a, b] = [items[i]!, items[i + 1]!];
      pairs.push({ weight: a.weight + b.weight, symbols: [...a.symbols, ...b.symbols] });
    }
    items = [...leaves, ...pairs].sort((a, b) => a.weight - b.weight);
  }
  for (const { symbols } of items.slice(0, 2 * leaves.length - 2)) {
    for (const symbol of symbols) lengths[symbol]!++;
  }
  return lengths;
}

/**
 * Symbols as a stream of their codes. The codes follow from the lengths alone, and lie in the stream, as in DEFLATE (RFC
 * 1951, 3.2.2): of one length they count up in the symbols' order, begin with their highest bit, and fill bytes from the
 * lowest bit up.
 */
export function huffmanEncode(symbols: Iterable<number>, lengths: Uint8Array): Uint8Array {
  const codes = canonicalCodes(lengths);
  const bytes: number[] = [];
  let [waiting, filled] = [0, 0];
  for (const symbol of symbols) {
    for (let bit = lengths[symbol]! - 1; bit >= 0; bit--) {
      waiting |= ((codes[symbol]! >>> bit) & 1) << filled;
      if (++filled < 8) continue;
      bytes.push(waiting);
      [waiting, filled] = [0, 0];
    }
  }
  if (filled > 0) bytes.push(waiting);
  return Uint8Array.from(bytes);
}

function canonicalCodes(lengths: Uint8Array): Uint16Array {
  const codes = new Uint16Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= mostCodeBits; length++) {
    lengths.forEach((own, symbol) => {
      if (own === length) codes[symbol] = code++;
    });
    code *= 2;
  }
  return codes;
}

/** Reads a stream symbol by symbol. */
export class HuffmanReader {
  readonly #bytes: Uint8Array;
  /** Symbols by their lengths, and of each length how many have it. */
  readonly #symbols: readonly number[];
  readonly #counts: Uint16Array;
  #bit = 0;

  /**
   * @param lengths from 0 to 15
   * @throws RangeError for lengths that no code has: more codes than there is room for, or room that is left
   */
  constructor(bytes: Uint8Array, lengths: Uint8Array) {
    this.#bytes = bytes;
    this.#counts = new Uint16Array(mostCodeBits + 1);
    for (const length of lengths) this.#counts[length]!++;
    let left = 1;
    for (let length = 1; length <= mostCodeBits; length++) {
      left = 2 * left - this.#counts[length]!;
      if (left < 0) throw new RangeError(`${this.#counts[length]} codes of ${length} bits are too many`);
    }
    const used = lengths.length - this.#counts[0]!;
    if (left > 0 && !(used === 1 && this.#counts[1] === 1)) {
      throw new RangeError(`${used} codes leave some bits without a meaning`);
    }
    this.#symbols = [...lengths.keys()]
      .filter((symbol) => lengths[symbol]! > 0)
      .sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  }

  /** @throws RangeError where the stream ends, or at bits that are no code */
  next(): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= mostCodeBits; length++) {
      const byte = this.#bytes[this.#bit >>> 3];
      if (byte === undefined) throw new RangeError(`the stream ends after ${this.#bytes.length} bytes`);
      code |= (byte >>> (this.#bit & 7)) & 1;
      this.#bit++;
      const count = this.#counts[length]!;
      if (code - first < count) return this.#symbols[index + code - first]!;
      index += count;
      first = 2 * (first + count);
      code *= 2;
    }
    throw new RangeError(`bit ${this.#bit} of the stream belongs to no code`);
  }

  /** @throws RangeError where more than the last byte's filling, zeros, is left */
  end(): void {
    const last = this.#bytes.length - 1;
    if (this.#bit > 8 * last && (this.#bytes[last] ?? 0) >>> (this.#bit - 8 * last) === 0) return;
    throw new RangeError(`the stream goes on after its ${this.#bit} bits`);
  }
}
