import assert from 'node:assert/strict';
import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import type { CodesCoding, Parts } from '../../src/core/compression/coding.ts';
import { checkCoding } from '../../src/core/compression/codings.ts';
import { codes } from '../../src/core/compression/codings/codes.ts';
import { encodeEmbedding } from '../../src/core/compression/encodeEmbedding.ts';
import { atOnce, inSteps } from '../../src/core/compression/inSteps.ts';
import { learnCodes } from '../../src/core/compression/learnCodes.ts';
import { codesMethod } from '../../src/core/compression/methods/codes.ts';
import { newKernels } from '../../src/core/engine/kernels.ts';
import { Workspace } from '../../src/core/engine/workspace.ts';
import { Random } from '../../src/core/random.ts';
import { compressDefaults, optimizerDefaults } from '../../src/core/recipe/defaults.ts';
import { checkCodebookGradients, checkResume, copyOf } from '../support/codedModel.ts';

const rows = 600;
const n = 8;
const coding: CodesCoding = { kind: 'codes', codebooks: 4, codewords: 8 };

function table(): Tensor {
  const random = new Random(1);
  const data = Float32Array.from({ length: rows * n }, () => random.normal());
  return { shape: [rows, n], data };
}

const learned = (of: CodesCoding, epochs: number, matrix = table()): Parts =>
  atOnce(learnCodes(matrix, of, epochs, new Random(3)));

function errorOf(of: CodesCoding, epochs: number, matrix = table()): number {
  const values = codes.decode(learned(of, epochs, matrix), rows, n, of);
  const square = (sum: number, value: number): number => sum + value * value;
  return matrix.data.map((value, i) => value - values[i]!).reduce(square, 0) / matrix.data.reduce(square, 0);
}

describe('compositional codes', () => {
  it('err less with more codebooks, with more codewords, and after epochs', () => {
    const falls = (errors: readonly number[]): void => {
      errors.slice(1).forEach((value, i) => {
        assert.ok(value < errors[i]!, errors.join(' '));
      });
    };
    falls([1, 2, 4, 8].map((codebooks) => errorOf({ ...coding, codebooks }, 10)));
    falls([2, 4, 16, 64].map((codewords) => errorOf({ ...coding, codewords }, 10)));
    const [residual, refined] = [errorOf(coding, 0), errorOf(coding, 20)];
    assert.ok(refined < 0.93 * residual, `${refined} and ${residual}`);
  });

  it('find codewords that rows were made of', () => {
    const random = new Random(2);
    const books = Float32Array.from({ length: 2 * 4 * n }, () => random.normal());
    // One codebook is coarse, as residual k-means takes them.
    for (let i = 0; i < 4 * n; i++) books[i]! *= 6;
    const matrix = table();
    for (let r = 0; r < rows; r++) {
      const [a, b] = [random.integer(4), 4 + random.integer(4)];
      for (let j = 0; j < n; j++) matrix.data[r * n + j] = books[a * n + j]! + books[b * n + j]!;
    }
    assert.ok(errorOf({ ...coding, codebooks: 2, codewords: 4 }, 20, matrix) < 1e-10);
  });

  it('have, once learned, no codeword that would suit better', () => {
    const matrix = table();
    const parts = learned(coding, 40, matrix);
    const chosen = parts.get('codes')!.data;
    const words = parts.get('codewords')!.data;
    const values = codes.decode(parts, rows, n, coding);
    let better = 0;
    for (let r = 0; r < rows; r++) {
      for (let book = 0; book < 4; book++) {
        const own = chosen[r * 4 + book]!;
        const errors = Array.from({ length: 8 }, (_, word) => {
          let sum = 0;
          for (let j = 0; j < n; j++) {
            const change = words[(book * 8 + word) * n + j]! - words[(book * 8 + own) * n + j]!;
            sum += (matrix.data[r * n + j]! - values[r * n + j]! - change) ** 2;
          }
          return sum;
        });
        if (errors[own]! > Math.min(...errors) + 1e-4) better++;
      }
    }
    assert.ok(better < 0.03 * rows * 4, String(better));
  });

  it('are drawn by their seed alone, with pauses or without', async () => {
    let pauses = 0;
    const paused = await inSteps(learnCodes(table(), coding, 3, new Random(3)), () => {
      pauses++;
      return Promise.resolve();
    });
    assert.deepEqual(paused, learned(coding, 3));
    assert.equal(pauses, 4 * (1 + 3));
  });

  it('stop where a pause throws', async () => {
    const steps = learnCodes(table(), coding, 1000, new Random(3));
    await assert.rejects(
      inSteps(steps, () => Promise.reject(new Error('cancelled'))),
      /cancelled/,
    );
  });

  it('count codes packed and codewords', () => {
    const of: CodesCoding = { kind: 'codes', codebooks: 3, codewords: 12 };
    assert.deepEqual(codes.cost(501, n, of), {
      parameters: 501 * 3 + 3 * 12 * n,
      storageBytes: Math.ceil((501 * 3 * 4) / 8) + 4 * 3 * 12 * n,
      flopsPerRow: 2 * n,
    });
    const parts = learned(of, 0);
    for (const [name, { shape }] of codes.layout(rows, n, of))
      assert.deepEqual(parts.get(name)?.shape, shape);
  });

  it('train codewords along the gradient of the loss, of a table and of a factor', () => {
    for (const rank of [undefined, 3]) {
      checkCodebookGradients(
        (checkpoint) => encodeEmbedding(checkpoint, { ...coding, codebooks: 2 }, new Random(5)),
        ['codewords'],
        rank,
      );
    }
  });

  it('go on from a saved state as if they had never stopped', () => {
    checkResume((checkpoint) => encodeEmbedding(checkpoint, coding, new Random(5)));
  });

  it('are summed for the rows that are read, as they are then', () => {
    const workspace = new Workspace(newKernels());
    const value = workspace.keep(rows, n);
    const parts = copyOf(learned(coding, 1));
    const code = codes.open(workspace, value, coding, parts, optimizerDefaults.adam);
    code.read(Int32Array.of(5, 5, 6));
    const before = value.data.slice();
    assert.deepEqual(before.slice(5 * n, 7 * n), codes.decode(parts, rows, n, coding).slice(5 * n, 7 * n));
    workspace.begin();
    const gradients = workspace.matrix(2, n);
    gradients.data.fill(1);
    code.step(workspace.integers(Int32Array.of(5, 0)), 2, gradients, 0.01);
    assert.deepEqual(value.data, before);
    code.read(Int32Array.from({ length: rows }, (_, row) => row));
    assert.deepEqual(value.data, codes.decode(code.parts(), rows, n, coding));
  });

  it('refuse codes and sizes that do not fit, by the name of the part', () => {
    const wrong = (part: string, change: (data: Float32Array) => Float32Array, found: RegExp): void => {
      const parts = new Map(learned(coding, 0));
      const { shape, data } = parts.get(part)!;
      parts.set(part, { shape, data: change(data.slice()) });
      assert.throws(() => codes.decode(parts, rows, n, coding), found);
      const workspace = new Workspace(newKernels());
      const value = workspace.keep(rows, n);
      assert.throws(() => codes.open(workspace, value, coding, parts, { name: 'sgd' }), found);
    };
    for (const value of [8, -1, 0.5, NaN]) {
      wrong('codes', (data) => data.fill(value, 2, 3), /codes has .* as its value 2.* from 0 to 7/);
    }
    wrong('codes', (data) => data.subarray(1), /codes must have 2400 values/);
    wrong('codewords', (data) => data.subarray(1), /codewords must have 256 values/);
  });

  it('refuse a description that is none', () => {
    const fault = (field: string): Error => new Error(field);
    assert.deepEqual(checkCoding({ ...coding }, fault), coding);
    for (const [field, values] of Object.entries({
      codebooks: [0, 1.5, 1025, '4', undefined],
      codewords: [1, 257, NaN, null],
    })) {
      for (const value of values) {
        assert.throws(
          () => checkCoding({ ...coding, [field]: value }, fault),
          new RegExp(`coding.${field}$`),
        );
      }
    }
  });

  it('are planned with the most codebooks first', () => {
    const { points, warnings } = codesMethod.points(
      { ...compressDefaults.codes, codebooks: [8, 1024, 16] },
      { rows: 10_000, dimension: 100 },
      { file: 'a.press.json', path: 'compress', entry: 0 },
    );
    assert.deepEqual(
      points.map(({ setting }) => setting),
      ['codes-1024x16', 'codes-16x16', 'codes-8x16'],
    );
    assert.match(warnings.join(), /codes-1024x16 makes the table no smaller/);
  });
});
