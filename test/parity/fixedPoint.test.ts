import assert from 'node:assert/strict';
import { fixedPoint, levels } from '../../src/core/compression/codings/fixedPoint.ts';
import type { FixedPointCoding } from '../../src/core/compression/coding.ts';
import { Random } from '../../src/core/random.ts';
import { askPython, pythonWith } from './python.ts';

const [rows, columns] = [200, 10];
const random = new Random(5);
const data = Float32Array.from({ length: rows * columns }, () => random.normal());
const cases = (['ternary', 1, 2, 4, 8, 12] as const).flatMap((bits) =>
  [false, true].map((zeroPoint): FixedPointCoding => ({
    kind: 'fixed-point',
    bits,
    scale: 'table',
    zeroPoint,
  })),
);

describe('fixed point against torch', function () {
  this.timeout(120_000);

  it("rounds as torch's fake quantization does", function () {
    const python = pythonWith(this, 'torch');
    const grids = cases.map((coding) => {
      const parts = fixedPoint.encode({ shape: [rows, columns], data }, coding, random);
      const scale = parts.get('scales')!.data[0]!;
      const top = levels(coding.bits) - 1;
      const offset = parts.get('offsets')?.data[0] ?? (-scale * top) / 2;
      return { coding, parts, scale, offset, top, values: [...data] };
    });
    const asked = grids.map(({ coding: _coding, parts: _parts, ...grid }) => grid);
    const expected = askPython(python, 'fixedPoint.py', asked) as number[][];
    grids.forEach(({ coding, parts, scale, offset }, one) => {
      const found = fixedPoint.decode(parts, rows, columns, coding);
      found.forEach((value, i) => {
        const place = (data[i]! - offset) / scale;
        // torch subtracts and divides in float32, so the middle between two levels may fall to either.
        if (Math.abs(place - Math.floor(place) - 0.5) < 1e-3) return;
        assert.ok(
          Math.abs(value - expected[one]![i]!) <= 1e-5,
          `${data[i]} as ${value}, ${expected[one]![i]}`,
        );
      });
    });
  });
});
