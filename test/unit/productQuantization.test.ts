import assert from 'node:assert/strict';
import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import type { Parts, ProductQuantizationCoding } from '../../src/core/compression/coding.ts';
import { checkCoding } from '../../src/core/compression/codings.ts';
import { fixedPoint } from '../../src/core/compression/codings/fixedPoint.ts';
import { productQuantization } from '../../src/core/compression/codings/productQuantization.ts';
import { encodeEmbedding } from '../../src/core/compression/encodeEmbedding.ts';
import { productQuantizationMethod } from '../../src/core/compression/methods/productQuantization.ts';
import { newKernels } from '../../src/core/engine/kernels.ts';
import { Workspace } from '../../src/core/engine/workspace.ts';
import { UserError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';
import { compressDefaults, optimizerDefaults } from '../../src/core/recipe/defaults.ts';
import { checkCodebookGradients, checkResume, copyOf } from '../support/codedModel.ts';

const rows = 400;
const n = 10;
const plain: ProductQuantizationCoding = {
  kind: 'product-quantization',
  subvector: 4,
  centroids: 16,
  norm: false,
  words: 1,
  unknown: 0,
};

function table(count = rows, columns = n, seed = 1): Tensor {
  const random = new Random(seed);
  const data = Float32Array.from({ length: count * columns }, () => random.normal());
  data.fill(0, 0, columns);
  return { shape: [count, columns], data };
}

const encoded = (coding: ProductQuantizationCoding, matrix = table(), worth?: Float64Array): Parts =>
  productQuantization.encode(matrix, coding, new Random(3), worth);

const decoded = (coding: ProductQuantizationCoding, parts: Parts, matrix = table()): Float32Array =>
  productQuantization.decode(parts, matrix.shape[0]!, matrix.shape[1]!, coding);

const squaredError = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

describe('product quantization', () => {
  it('reads each sub-vector as its nearest centroid, the shorter last one too', () => {
    const matrix = table();
    const parts = encoded(plain, matrix);
    const values = decoded(plain, parts);
    const centroids = parts.get('centroids')!.data;
    assert.deepEqual(parts.get('codes')!.shape, [rows, 3]);
    for (let r = 0; r < rows; r++) {
      for (const [first, width] of [
        [0, 4],
        [4, 4],
        [8, 2],
      ] as const) {
        const distances = Array.from({ length: 16 }, (_, c) => {
          let sum = 0;
          for (let j = first; j < first + width; j++)
            sum += (matrix.data[r * n + j]! - centroids[c * n + j]!) ** 2;
          return sum;
        });
        let own = 0;
        for (let j = first; j < first + width; j++)
          own += (matrix.data[r * n + j]! - values[r * n + j]!) ** 2;
        assert.ok(Math.abs(own - Math.min(...distances)) < 1e-5);
      }
    }
  });

  it('has centroids that are the means of what they stand for', () => {
    const matrix = table();
    const values = decoded(plain, encoded(plain, matrix));
    // Of k-means at rest: errors are orthogonal to the means, so the squares add up.
    const square = (data: Float32Array): number => data.reduce((sum, value) => sum + value * value, 0);
    const expected = square(matrix.data) - square(values);
    assert.ok(Math.abs(squaredError(matrix.data, values) / expected - 1) < 0.01);
  });

  it('errs less with more centroids and with shorter sub-vectors', () => {
    const matrix = table();
    const error = (centroids: number, subvector: number): number => {
      const coding = { ...plain, centroids, subvector };
      return squaredError(matrix.data, decoded(coding, encoded(coding, matrix)));
    };
    const byCentroids = [2, 4, 16, 64, 256].map((centroids) => error(centroids, 4));
    const bySubvector = [10, 4, 2, 1].map((subvector) => error(16, subvector));
    for (const errors of [byCentroids, bySubvector]) {
      errors.slice(1).forEach((value, i) => {
        assert.ok(value < errors[i]!, errors.join(' '));
      });
    }
  });

  it('keeps every row where there are as many centroids as rows', () => {
    const matrix = table(200);
    const coding = { ...plain, subvector: 10, centroids: 256 };
    const values = decoded(coding, encoded(coding, matrix), matrix);
    assert.ok(squaredError(matrix.data, values) < 1e-6);
  });

  it('is, of single values, no worse than fixed point of as many levels', () => {
    const matrix = table();
    const coding = { ...plain, subvector: 1, centroids: 16 };
    const uniform = { kind: 'fixed-point', bits: 4, scale: 'table', zeroPoint: true } as const;
    const own = squaredError(matrix.data, decoded(coding, encoded(coding, matrix)));
    const levels = fixedPoint.decode(fixedPoint.encode(matrix, uniform, new Random(1)), rows, n, uniform);
    const even = squaredError(matrix.data, levels);
    assert.ok(own < even && own > 0.3 * even, `${own} and ${even}`);
  });

  it('gains from norms of their own where the rows are of many lengths', () => {
    const matrix = table();
    for (let r = 0; r < rows; r++) {
      const scale = Math.exp(3 * (r / rows - 0.5));
      for (let j = 0; j < n; j++) matrix.data[r * n + j]! *= scale;
    }
    const relative = (norm: boolean): number => {
      const coding = { ...plain, norm };
      const values = decoded(coding, encoded(coding, matrix));
      let sum = 0;
      for (let r = 1; r < rows; r++) {
        const row = matrix.data.subarray(r * n, (r + 1) * n);
        sum +=
          squaredError(row, values.subarray(r * n, (r + 1) * n)) / squaredError(row, new Float32Array(n));
      }
      return sum;
    };
    assert.ok(relative(true) < 0.8 * relative(false));
  });

  it('scales its centroids to the rows, so that norms are 1 in the mean', () => {
    const coding = { ...plain, norm: true };
    const parts = encoded(coding);
    const norms = parts.get('norms')!.data;
    const mean = parts.get('normCodes')!.data.reduce((sum, code) => sum + norms[code]!, 0) / rows;
    assert.ok(Math.abs(mean - 1) < 1e-3, String(mean));
  });

  it('keeps the longest rows, or those of most worth, and reads the others as the unknown word', () => {
    const matrix = table();
    const unknown = 7;
    const coding = { ...plain, words: 0.25, unknown };
    const kept = (worth?: Float64Array): number[] => {
      const parts = encoded(coding, matrix, worth);
      assert.equal(parts.get('codes')!.shape[0], 100);
      const values = decoded(coding, parts);
      const bitmap = parts.get('kept')!.data;
      const instead = values.slice(unknown * n, (unknown + 1) * n);
      for (let r = 0; r < rows; r++) {
        if (bitmap[r] === 0) assert.deepEqual(values.slice(r * n, (r + 1) * n), instead);
      }
      return [...bitmap.keys()].filter((row) => bitmap[row] === 1);
    };
    const longest = kept();
    const length = (r: number): number =>
      squaredError(matrix.data.subarray(r * n, (r + 1) * n), new Float32Array(n));
    const chosen = longest.filter((row) => row !== 0 && row !== unknown);
    const left = [...Array(rows).keys()].filter((row) => !longest.includes(row));
    assert.ok(longest.includes(0) && longest.includes(unknown));
    assert.ok(Math.min(...chosen.map(length)) >= Math.max(...left.map(length)));
    const worth = Float64Array.from({ length: rows }, (_, row) => row);
    assert.deepEqual(kept(worth), [0, unknown, ...Array.from({ length: 98 }, (_, i) => rows - 98 + i)]);
  });

  it('reads rows without codes as zeros where no word is the unknown one', () => {
    const coding = { ...plain, words: 0.5 };
    const parts = encoded(coding);
    const values = decoded(coding, parts);
    const gone = parts.get('kept')!.data.indexOf(0);
    assert.deepEqual(values.slice(gone * n, (gone + 1) * n), new Float32Array(n));
  });

  it('is drawn by its seed alone', () => {
    const coding = { ...plain, norm: true, words: 0.5 };
    assert.deepEqual(encoded(coding), encoded(coding));
  });

  it('counts codes packed, centroids, norms and the bitmap', () => {
    const coding = { ...plain, centroids: 20, norm: true, words: 0.5, unknown: 1 };
    const { parameters, storageBytes, flopsPerRow } = productQuantization.cost(1001, n, coding);
    // 501 rows (rounded) of 3 codes of 5 bits; 20 x 10 centroids; 256 norms and a byte a row; 1001 bits.
    assert.equal(storageBytes, Math.ceil((501 * 3 * 5) / 8) + 4 * 200 + 4 * 256 + 501 + 126);
    assert.equal(parameters, 501 * 3 + 200 + 256 + 501 + 1001);
    assert.equal(flopsPerRow, n);
    const parts = encoded(coding, table(1001));
    for (const [name, { shape }] of productQuantization.layout(1001, n, coding)) {
      assert.deepEqual(parts.get(name)?.shape, shape, name);
    }
  });

  it('trains centroids and norms along the gradient of the loss', () => {
    for (const coding of [
      plain,
      { ...plain, norm: true },
      { ...plain, norm: true, words: 0.5, unknown: 4 },
    ]) {
      checkCodebookGradients(
        (checkpoint) => encodeEmbedding(checkpoint, coding, new Random(5)),
        coding.norm ? ['centroids', 'norms'] : ['centroids'],
      );
    }
  });

  it('codes the factor A of a factorized model', () => {
    const coding = { ...plain, subvector: 2, norm: true };
    checkCodebookGradients(
      (checkpoint) => encodeEmbedding(checkpoint, coding, new Random(5)),
      ['centroids', 'norms'],
      3,
    );
  });

  it('goes on from a saved state as if it had never stopped', () => {
    const coding = { ...plain, norm: true, words: 0.5, unknown: 4 };
    checkResume((checkpoint) => encodeEmbedding(checkpoint, coding, new Random(5)));
  });

  it('reads rows when they are asked for, as they are then', () => {
    const coding = { ...plain, norm: true };
    const workspace = new Workspace(newKernels());
    const value = workspace.keep(rows, n);
    const parts = encoded(coding);
    const code = productQuantization.open(workspace, value, coding, parts, optimizerDefaults.adam);
    code.read(Int32Array.of(5, 6));
    const before = value.data.slice();
    assert.deepEqual(before.slice(5 * n, 7 * n), decoded(coding, parts).slice(5 * n, 7 * n));
    workspace.begin();
    const touched = workspace.integers(Int32Array.of(5, 9));
    const gradients = workspace.matrix(2, n);
    gradients.data.fill(1);
    code.step(touched, 2, gradients, 0.01);
    // Nothing is composed in a step.
    assert.deepEqual(value.data, before);
    code.read(Int32Array.from({ length: rows }, (_, row) => row));
    assert.deepEqual(value.data, decoded(coding, code.parts()));
    assert.notDeepEqual(value.data.slice(5 * n, 6 * n), before.slice(5 * n, 6 * n));
  });

  it('lets the padding move nothing', () => {
    const workspace = new Workspace(newKernels());
    const value = workspace.keep(rows, n);
    const parts = copyOf(encoded(plain));
    const code = productQuantization.open(workspace, value, plain, parts, { name: 'sgd' });
    workspace.begin();
    const gradients = workspace.matrix(1, n);
    gradients.data.fill(1);
    code.step(workspace.integers(Int32Array.of(0)), 1, gradients, 1);
    assert.deepEqual(code.parts().get('centroids')!.data, parts.get('centroids')!.data);
  });

  it('refuses codes, bitmaps and sizes that do not fit, by the name of the part', () => {
    const coding = { ...plain, norm: true, words: 0.5, unknown: 4 };
    const wrong = (part: string, change: (data: Float32Array) => Float32Array, found: RegExp): void => {
      const parts = new Map(encoded(coding));
      const { shape, data } = parts.get(part)!;
      parts.set(part, { shape, data: change(data.slice()) });
      assert.throws(() => decoded(coding, parts), found);
      const workspace = new Workspace(newKernels());
      const value = workspace.keep(rows, n);
      assert.throws(() => productQuantization.open(workspace, value, coding, parts, { name: 'sgd' }), found);
    };
    for (const value of [16, -1, 0.5, NaN, Infinity]) {
      wrong('codes', (data) => data.fill(value, 3, 4), /codes has .* as its value 3.* from 0 to 15/);
    }
    wrong('normCodes', (data) => data.fill(256, 9, 10), /normCodes has 256 .* from 0 to 255/);
    wrong('kept', (data) => data.fill(2, 0, 1), /kept has 2/);
    wrong('kept', (data) => data.fill(1), /kept must mark 200 rows, not 400/);
    wrong(
      'kept',
      (data) => data.fill(0, 4, 5).fill(1, data.indexOf(0), data.indexOf(0) + 1),
      /kept must mark/,
    );
    wrong('codes', (data) => data.subarray(1), /codes must have 600 values/);
    wrong('centroids', (data) => data.subarray(1), /centroids must have 160 values/);
    wrong('norms', (data) => data.subarray(1), /norms must have 256 values/);
    assert.throws(() => decoded({ ...coding, unknown: rows }, encoded(coding)), /kept must mark row 400/);
  });

  it('refuses a description that is none', () => {
    const fault = (field: string): Error => new Error(field);
    assert.deepEqual(checkCoding({ ...plain }, fault), plain);
    for (const [field, values] of Object.entries({
      subvector: [0, 1.5, '2', 2 ** 40, undefined],
      centroids: [1, 257, NaN, null],
      norm: [1, 'true', undefined],
      words: [0, 1.01, -1, NaN, '1'],
      unknown: [-1, 0.5, undefined, 2 ** 40],
    })) {
      for (const value of values) {
        assert.throws(
          () => checkCoding({ ...plain, [field]: value }, fault),
          new RegExp(`embedding.coding.${field}$`),
        );
      }
    }
  });

  it('plans a point of each length and share, the largest first', () => {
    const settings = compressDefaults['product-quantization'];
    const place = { file: 'a.press.json', path: 'compress', entry: 0 };
    const plan = (given: Partial<typeof settings>): string[] =>
      productQuantizationMethod
        .points({ ...settings, ...given }, { rows: 17_575, dimension: 100 }, place)
        .points.map(({ setting }) => setting);
    assert.deepEqual(plan({}), ['product-quantization-2d', 'product-quantization-4d']);
    assert.deepEqual(
      plan({
        subvectors: [4],
        words: [0.5, 1],
        norm: false,
        keep: 'frequency',
        centroids: 16,
        retrain: false,
      }),
      [
        'product-quantization-4d-16-no-norm-bare',
        'product-quantization-4d-16-no-norm-words0.5-frequency-bare',
      ],
    );
    assert.throws(
      () => plan({ subvectors: [2, 101] }),
      (error: unknown) => error instanceof UserError && error.message.includes('compress.subvectors[1]'),
    );
    const small = productQuantizationMethod.points(settings, { rows: 250, dimension: 100 }, place);
    assert.match(small.warnings.join(), /no smaller/);
  });
});
