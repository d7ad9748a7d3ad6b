import assert from 'node:assert/strict';
import type { FixedPointCoding, Parts } from '../../src/core/compression/coding.ts';
import { fixedPoint, levels } from '../../src/core/compression/codings/fixedPoint.ts';
import { encodeEmbedding } from '../../src/core/compression/encodeEmbedding.ts';
import { packedBytes } from '../../src/core/compression/packing.ts';
import type { Workspace } from '../../src/core/engine/workspace.ts';
import { Parameter } from '../../src/core/model/parameter.ts';
import { Random } from '../../src/core/random.ts';
import type { Bits, OptimizerSettings } from '../../src/core/recipe/recipe.ts';
import { installedEngines } from '../support/engines.ts';

const [rows, columns] = [40, 9];
const adam: OptimizerSettings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const widths: readonly Bits[] = ['ternary', ...Array.from({ length: 16 }, (_, i) => i + 1)];
const codings = widths.flatMap((bits) =>
  (['table', 'row'] as const).flatMap((scale) =>
    [false, true].map((zeroPoint): FixedPointCoding => ({ kind: 'fixed-point', bits, scale, zeroPoint })),
  ),
);
/** With which training is tried. */
const few = codings.filter(({ bits }) => bits === 'ternary' || [1, 4, 16].includes(bits));
const table: FixedPointCoding = { kind: 'fixed-point', bits: 4, scale: 'table', zeroPoint: false };
const random = new Random(3);
const normals = (count: number): Float32Array =>
  Float32Array.from({ length: count }, () => 0.3 * random.normal() + 0.05);
const matrix = { shape: [rows, columns], data: normals(rows * columns) };
const encode = (coding: FixedPointCoding, of = matrix): Parts => fixedPoint.encode(of, coding, random);
const decode = (coding: FixedPointCoding, parts: Parts): Float32Array =>
  fixedPoint.decode(parts, rows, columns, coding);
const error = (values: Float32Array, of = matrix.data): number =>
  values.reduce((sum, value, i) => sum + (value - of[i]!) ** 2, 0);
const nameOf = ({ bits, scale, zeroPoint }: FixedPointCoding): string =>
  `${bits} bits by ${scale}${zeroPoint ? ', zero point' : ''}`;

/** Scale and offset of a value. */
function gridAt(coding: FixedPointCoding, parts: Parts, at: number): readonly [number, number] {
  const group = coding.scale === 'row' ? Math.floor(at / columns) : 0;
  const scale = parts.get('scales')!.data[group]!;
  const offset = parts.get('offsets')?.data[group] ?? (-scale * (levels(coding.bits) - 1)) / 2;
  return [scale, offset];
}

describe('fixed point', () => {
  it('has 2^b levels, or three, and codes that name them', () => {
    for (const coding of codings) {
      const parts = encode(coding);
      const { data } = parts.get('codes')!;
      assert.ok(
        data.every((code) => Number.isInteger(code) && code >= 0 && code < levels(coding.bits)),
        nameOf(coding),
      );
      assert.equal(levels(coding.bits), coding.bits === 'ternary' ? 3 : 2 ** coding.bits);
    }
    const binary = decode({ ...table, bits: 1 }, encode({ ...table, bits: 1 }));
    assert.deepEqual([...new Set(binary.map(Math.abs))].length, 1);
    const ternary = decode({ ...table, bits: 'ternary' }, encode({ ...table, bits: 'ternary' }));
    assert.equal(new Set(ternary).size, 3);
    assert.ok(ternary.includes(0));
  });

  it('is off by half a scale at most inside the range, and at its ends beyond', () => {
    for (const coding of codings) {
      const parts = encode(coding);
      const values = decode(coding, parts);
      values.forEach((value, i) => {
        const exact = matrix.data[i]!;
        const [scale, offset] = gridAt(coding, parts, i);
        const end = offset + scale * (levels(coding.bits) - 1);
        if (exact >= offset && exact <= end) {
          assert.ok(Math.abs(value - exact) <= 0.5 * scale + 1e-6, `${nameOf(coding)}: ${exact} as ${value}`);
        } else assert.ok(Math.abs(value - (exact < offset ? offset : end)) <= 1e-6);
      });
    }
  });

  it('clips no worse than the whole range does, and better where few levels meet a far value', () => {
    for (const coding of codings) {
      const top = levels(coding.bits) - 1;
      const whole = new Float32Array(rows * columns);
      const groups = coding.scale === 'row' ? rows : 1;
      for (let g = 0; g < groups; g++) {
        const from = (g * rows * columns) / groups;
        const of = matrix.data.subarray(from, from + (rows * columns) / groups);
        const most = Math.max(...of.map(Math.abs));
        const [low, high] = coding.zeroPoint ? [Math.min(...of), Math.max(...of)] : [-most, most];
        const scale = (high - low) / top;
        of.forEach((value, i) => (whole[from + i] = low + Math.round((value - low) / scale) * scale));
      }
      assert.ok(error(decode(coding, encode(coding))) <= error(whole) * (1 + 1e-5) + 1e-9, nameOf(coding));
    }
    const far = Float32Array.from(matrix.data);
    far[5] = 20;
    const found = decode(table, encode(table, { ...matrix, data: far }));
    const scale = 40 / 15;
    const whole = far.map((value) => -20 + Math.round((value + 20) / scale) * scale);
    assert.ok(error(found, far) < error(whole, far));
  });

  it('has a range that no value of a large table lies far beyond, at many bits', () => {
    const data = normals(300_000).map((value) => value / 100);
    data[123_457] = 1;
    const coding: FixedPointCoding = { ...table, bits: 16 };
    const parts = fixedPoint.encode({ shape: [3000, 100], data }, coding, random);
    assert.ok(Math.abs(fixedPoint.decode(parts, 3000, 100, coding)[123_457]! - 1) < 0.01);
  });

  it('gets no worse with a bit more, with scales by row, or with a zero point', () => {
    const errorOf = (coding: FixedPointCoding): number => error(decode(coding, encode(coding)));
    for (let bits = 2; bits <= 16; bits++) {
      assert.ok(errorOf({ ...table, bits }) < errorOf({ ...table, bits: bits - 1 }));
    }
    assert.ok(errorOf({ ...table, scale: 'row' }) < errorOf(table));
    const askew = { ...matrix, data: matrix.data.map((value) => value + 3) };
    const errors = [true, false].map((zeroPoint) => {
      const coding = { ...table, zeroPoint };
      return error(decode(coding, encode(coding, askew)), askew.data);
    });
    assert.ok(errors[0]! < errors[1]!);
  });

  it('keeps what lies on its grid, and a matrix of one value', () => {
    for (const coding of codings) {
      for (const [name, value] of [
        ['zeros', 0],
        ['ones', 0.7],
      ] as const) {
        const data = new Float32Array(rows * columns).fill(value);
        const values = decode(coding, encode(coding, { ...matrix, data }));
        const exact = value === 0 || coding.zeroPoint || coding.bits === 1 || coding.bits === 'ternary';
        const bound = exact ? 1e-6 : 0.7 / (levels(coding.bits) - 1);
        assert.ok(
          values.every((found) => Math.abs(found - value) <= bound),
          `${name}: ${nameOf(coding)}`,
        );
      }
    }
  });

  it('has the parts that its layout says, and the bytes that it counts', () => {
    for (const coding of codings) {
      const parts = encode(coding);
      const layout = fixedPoint.layout(rows, columns, coding);
      assert.deepEqual([...parts.keys()], [...layout.keys()]);
      let bytes = 0;
      let numbers = 0;
      for (const [name, { shape, bits }] of layout) {
        const part = parts.get(name)!;
        assert.deepEqual(part.shape, shape);
        assert.equal(
          part.data.length,
          shape.reduce((a, b) => a * b, 1),
        );
        bytes += packedBytes(part.data.length, bits);
        numbers += part.data.length;
      }
      const cost = fixedPoint.cost(rows, columns, coding);
      assert.deepEqual(cost, { parameters: numbers, storageBytes: bytes, flopsPerRow: 2 * columns });
    }
  });

  it('is refused where a file has other settings', () => {
    const fault = (field: string): Error => new Error(field);
    assert.deepEqual(fixedPoint.check({ ...table, more: 1 }, fault), table);
    for (const bits of [0, 17, 1.5, '4', 'binary', null]) {
      assert.throws(() => fixedPoint.check({ ...table, bits }, fault), /bits/);
    }
    assert.throws(() => fixedPoint.check({ ...table, scale: 'column' }, fault), /scale/);
    assert.throws(() => fixedPoint.check({ ...table, zeroPoint: 1 }, fault), /zeroPoint/);
    const parts = new Map(encode(table));
    parts.delete('scales');
    assert.throws(() => decode(table, parts), RangeError);
  });
});

describe('a matrix in fixed point that trains', () => {
  let workspaces: () => Workspace;
  before(() => {
    const [engine] = installedEngines();
    workspaces = () => engine!.workspace();
  });

  interface Trained {
    readonly parameter: Parameter;
    readonly workspace: Workspace;
  }

  function open(coding: FixedPointCoding, parts = encode(coding), exact?: Float32Array): Trained {
    const weights = new Map([...parts].map(([name, tensor]) => [`embedding/A/${name}`, tensor]));
    if (exact) weights.set('embedding/A', { shape: [rows, columns], data: exact });
    const workspace = workspaces();
    return {
      parameter: new Parameter(workspace, 'embedding/A', [rows, columns], weights, adam, coding),
      workspace,
    };
  }

  function step(
    { parameter, workspace }: Trained,
    touched: readonly number[],
    gradients: Float32Array,
  ): void {
    workspace.begin();
    const at = workspace.integers(Int32Array.from(touched));
    const matrix = workspace.matrix(touched.length, columns);
    matrix.data.set(gradients);
    parameter.updateRows(at, touched.length, matrix, 0.003);
  }

  const partsOf = ({ parameter }: Trained): Parts =>
    new Map(parameter.weights().map(([name, tensor]) => [name.slice('embedding/A/'.length), tensor]));

  it('moves in what is exact, and reads what lies on the grid', () => {
    for (const coding of few) {
      const trained = open(coding, encode(coding), matrix.data);
      const before = trained.parameter.value.data.slice();
      for (let t = 0; t < 200; t++) step(trained, [3, 7], new Float32Array(2 * columns).fill(1));
      const values = trained.parameter.value.data.slice();
      assert.deepEqual(values, decode(coding, partsOf(trained)), nameOf(coding));
      const moved = [...values.keys()].filter((i) => values[i] !== before[i]);
      assert.ok(moved.length > 0, `${nameOf(coding)} did not move`);
      assert.ok(moved.every((i) => [3, 7].includes(Math.floor(i / columns)) && values[i]! < before[i]!));
    }
  });

  it('adds up steps that are each too small to change a code', () => {
    const trained = open({ ...table, bits: 2 }, encode({ ...table, bits: 2 }), matrix.data);
    const before = trained.parameter.value.data.slice();
    step(trained, [1], new Float32Array(columns).fill(1));
    const latent = trained.parameter.state().get('latent')!.data;
    assert.notDeepEqual(latent, matrix.data);
    for (let t = 0; t < 400; t++) step(trained, [1], new Float32Array(columns).fill(1));
    assert.notDeepEqual(trained.parameter.value.data, before);
  });

  it('goes on from its state, bit for bit', () => {
    for (const coding of few) {
      const gradients = Array.from({ length: 6 }, () => normals(3 * columns));
      const whole = open(coding, encode(coding), matrix.data);
      gradients.forEach((gradient) => {
        step(whole, [2, 5, 11], gradient);
      });
      const half = open(coding, encode(coding), matrix.data);
      gradients.slice(0, 3).forEach((gradient) => {
        step(half, [2, 5, 11], gradient);
      });
      const copied = (parts: Parts): Parts =>
        new Map([...parts].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
      const resumed = open(coding, copied(partsOf(half)));
      resumed.parameter.restore(copied(half.parameter.state()));
      gradients.slice(3).forEach((gradient) => {
        step(resumed, [2, 5, 11], gradient);
      });
      assert.deepEqual(partsOf(resumed), partsOf(whole));
      assert.deepEqual(resumed.parameter.value.data, whole.parameter.value.data);
      assert.deepEqual(resumed.parameter.state(), whole.parameter.state());
    }
    assert.throws(() => {
      open(table).parameter.restore(new Map());
    }, RangeError);
  });

  it('trains every row where it is whole: a factor has no padding', () => {
    const trained = open({ ...table, bits: 8 }, encode({ ...table, bits: 8 }), matrix.data);
    const before = trained.parameter.value.data.slice();
    for (let t = 0; t < 30; t++) {
      trained.workspace.begin();
      const gradient = trained.workspace.matrix(rows, columns);
      gradient.data.fill(1);
      trained.parameter.gradient = gradient;
      trained.parameter.update(0.01);
    }
    const values = trained.parameter.value.data;
    for (let r = 0; r < rows; r++) {
      assert.ok(values.subarray(r * columns, (r + 1) * columns).some((v, i) => v < before[r * columns + i]!));
    }
  });

  it('codes both factors of a model, each with its scale', () => {
    const [A, B] = [normals(rows * 2), normals(2 * columns)];
    const coded = encodeEmbedding(
      {
        spec: {
          embedding: { rows, dimension: columns, rank: 2 },
          body: { kind: 'dan', hidden: [] },
          head: 'softmax',
          classes: 2,
          masked: true,
        },
        weights: new Map([
          ['embedding/A', { shape: [rows, 2], data: A }],
          ['embedding/B', { shape: [2, columns], data: B }],
        ]),
      },
      table,
      random,
    );
    const names = ['A', 'A/codes', 'A/scales', 'B', 'B/codes', 'B/scales'];
    assert.deepEqual(
      [...coded.weights.keys()].sort(),
      names.map((name) => `embedding/${name}`),
    );
  });
});
