import assert from 'node:assert/strict';
import { pack, packedBytes, unpack } from '../../src/core/compression/packing.ts';
import { Random } from '../../src/core/random.ts';
import type { Bits } from '../../src/core/recipe/recipe.ts';

const widths: readonly Bits[] = ['ternary', ...Array.from({ length: 24 }, (_, i) => i + 1)];
const random = new Random(1);

function codes(count: number, bits: Bits): Float32Array {
  const limit = bits === 'ternary' ? 3 : 2 ** bits;
  return Float32Array.from({ length: count }, () => random.integer(limit));
}

describe('packed values', () => {
  it('come back, whatever their bits and their number', () => {
    for (const bits of widths) {
      for (const count of [0, 1, 2, 3, 5, 7, 8, 9, 15, 64, 1001]) {
        const values = codes(count, bits);
        const packed = pack(values, bits);
        assert.equal(packed.length, packedBytes(count, bits));
        assert.deepEqual(unpack(packed, count, bits), values, `${count} of ${bits}`);
      }
      const most = bits === 'ternary' ? 2 : 2 ** bits - 1;
      const full = new Float32Array(17).fill(most);
      assert.deepEqual(unpack(pack(full, bits), 17, bits), full);
    }
  });

  it('lie as the format says', () => {
    assert.deepEqual([...pack(Float32Array.of(1, 2, 3), 4)], [0x21, 0x03]);
    assert.deepEqual([...pack(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 1, 1), 1)], [0x81, 0x01]);
    assert.deepEqual([...pack(Float32Array.of(0x1234), 16)], [0x34, 0x12]);
    assert.deepEqual([...pack(Float32Array.of(5, 6), 3)], [5 + 8 * 6]);
    assert.deepEqual([...pack(Float32Array.of(2, 1, 0, 0, 1, 2), 'ternary')], [2 + 3 + 81, 2]);
  });

  it('take no byte more than they need: fifteen ternary ones three', () => {
    for (let count = 0; count < 200; count++) {
      assert.equal(packedBytes(count, 'ternary'), Math.ceil(count / 5));
      assert.equal(packedBytes(count, 3), Math.ceil((count * 3) / 8));
    }
  });

  it('are refused where bytes are missing, are left, or hold what no packing leaves', () => {
    assert.throws(() => unpack(new Uint8Array(2), 3, 8), RangeError);
    assert.throws(() => unpack(new Uint8Array(4), 3, 8), RangeError);
    assert.throws(() => unpack(Uint8Array.of(0x80), 7, 1), /more than its values take/);
    assert.throws(() => unpack(Uint8Array.of(243), 5, 'ternary'), /more than its values take/);
    assert.throws(() => unpack(Uint8Array.of(9), 2, 'ternary'), /more than its values take/);
  });
});
