import assert from 'node:assert/strict';
import { codeLengths, huffmanEncode, HuffmanReader } from '../../src/core/compression/huffman.ts';
import { Random } from '../../src/core/random.ts';

const random = new Random(9);

/** Bits of all symbols by Huffman's own way: the two rarest become one until one is left. */
function fewestBits(counts: readonly number[]): number {
  const left = counts.filter((count) => count > 0);
  let bits = left.length === 1 ? left[0]! : 0;
  while (left.length > 1) {
    left.sort((a, b) => b - a);
    const sum = left.pop()! + left.pop()!;
    bits += sum;
    left.push(sum);
  }
  return bits;
}

function bitsOf(counts: readonly number[]): number {
  return codeLengths(counts).reduce((sum, length, symbol) => sum + length * counts[symbol]!, 0);
}

describe('Huffman codes', () => {
  it('take as few bits as can be', () => {
    for (let trial = 0; trial < 60; trial++) {
      const counts = Array.from({ length: 1 + random.integer(40) }, () =>
        Math.floor(2 ** (8 * random.uniform()) - 1),
      );
      counts[0]!++;
      assert.equal(bitsOf(counts), fewestBits(counts));
    }
  });

  it('have 15 bits at most, and no more than codes of one length, where symbols are of Fibonacci counts', () => {
    const counts = [1, 1];
    while (counts.length < 30) counts.push(counts.at(-1)! + counts.at(-2)!);
    const lengths = codeLengths(counts);
    assert.equal(Math.max(...lengths), 15);
    assert.ok(bitsOf(counts) > fewestBits(counts));
    const total = counts.reduce((a, b) => a + b);
    assert.ok(bitsOf(counts) < 5 * total);
    const symbols = [...counts.keys()];
    const reader = new HuffmanReader(huffmanEncode(symbols, lengths), lengths);
    for (const symbol of symbols) assert.equal(reader.next(), symbol);
    reader.end();
  });

  it("are DEFLATE's: RFC 1951, 3.2.2", () => {
    const lengths = Uint8Array.of(3, 3, 3, 3, 3, 2, 4, 4);
    const codes = ['010', '011', '100', '101', '110', '00', '1110', '1111'];
    const symbols = [6, 0, 7, 5, 3, 1, 2, 4];
    const bits = symbols.map((symbol) => codes[symbol]!).join('');
    const expected = Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
      Array.from(bits.slice(8 * i, 8 * i + 8)).reduce((sum, bit, place) => sum + Number(bit) * 2 ** place, 0),
    );
    assert.deepEqual([...huffmanEncode(symbols, lengths)], expected);
  });

  it('come back, one symbol alone, too', () => {
    for (const limit of [1, 2, 5, 256]) {
      const symbols = Array.from({ length: 1000 }, () => Math.floor(limit * random.uniform() ** 3));
      const counts = new Uint32Array(limit);
      for (const symbol of symbols) counts[symbol]!++;
      const lengths = codeLengths(counts);
      const reader = new HuffmanReader(huffmanEncode(symbols, lengths), lengths);
      assert.deepEqual(
        symbols.map(() => reader.next()),
        symbols,
      );
      reader.end();
    }
  });

  it('are refused where their lengths are none, and streams where they end early or late', () => {
    const bytes = new Uint8Array(2);
    for (const lengths of [[1, 1, 1], [2, 2, 2], [2], [0, 0], [1, 2], [15]]) {
      assert.throws(() => new HuffmanReader(bytes, Uint8Array.from(lengths)), RangeError, lengths.join());
    }
    const lengths = Uint8Array.of(1, 2, 2);
    const reader = new HuffmanReader(bytes, lengths);
    assert.throws(() => {
      reader.end();
    }, RangeError);
    for (let i = 0; i < 16; i++) assert.equal(reader.next(), 0);
    reader.end();
    assert.throws(() => reader.next(), /ends after 2 bytes/);
    const filled = new HuffmanReader(Uint8Array.of(0b100), lengths);
    filled.next();
    assert.throws(() => {
      filled.end();
    }, /goes on/);
    const single = new HuffmanReader(Uint8Array.of(1), Uint8Array.of(0, 1));
    assert.throws(() => single.next(), RangeError);
  });
});
