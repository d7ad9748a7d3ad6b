import assert from 'node:assert/strict';
import { symmetricEigen } from '../../src/core/embedding/eigen.ts';
import { GramMatrix } from '../../src/core/embedding/gram.ts';
import { Random } from '../../src/core/random.ts';

function randomSymmetric(random: Random, n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random.normal();
  }
  return matrix;
}

/** Checks Q A Q^T = diag(values), Q Q^T = I and the order, each to rounding. */
function checkDecomposition(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const scale = Math.max(...matrix.map(Math.abs), Number.MIN_VALUE) * n;
  for (let a = 0; a < n; a++) {
    const v = vectors.subarray(a * n, (a + 1) * n);
    for (let i = 0; i < n; i++) {
      let image = 0;
      let overlap = 0;
      for (let j = 0; j < n; j++) {
        image += matrix[i * n + j]! * v[j]!;
        overlap += vectors[i * n + j]! * v[j]!;
      }
      assert.ok(Math.abs(image - values[a]! * v[i]!) <= 1e-14 * scale, 'A v = value v');
      assert.ok(Math.abs(overlap - (i === a ? 1 : 0)) <= 1e-13, 'orthonormal');
    }
    if (a > 0) assert.ok(values[a - 1]! >= values[a]!, 'descending');
  }
  return values;
}

const diagonal = (values: readonly number[]): Float64Array => {
  const n = values.length;
  const matrix = new Float64Array(n * n);
  values.forEach((value, i) => (matrix[i * n + i] = value));
  return matrix;
};

describe('symmetricEigen', () => {
  it('decomposes random matrices of every small size', () => {
    const random = new Random(1);
    for (const n of [1, 2, 3, 4, 5, 8, 17, 60]) checkDecomposition(randomSymmetric(random, n), n);
  });

  it('finds the eigenvalues of the second-difference matrix, 2 - 2 cos(i pi/(n + 1))', () => {
    const n = 50;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -1;
    }
    const values = checkDecomposition(matrix, n);
    values.forEach((value, i) => {
      assert.ok(Math.abs(value - (2 - 2 * Math.cos(((n - i) * Math.PI) / (n + 1)))) < 1e-14);
    });
  });

  it('finds the Hilbert matrix’s smallest eigenvalue of order 6 to rounding of its largest', () => {
    const n = 6;
    const matrix = Float64Array.from({ length: n * n }, (_, i) => 1 / (Math.floor(i / n) + (i % n) + 1));
    const values = checkDecomposition(matrix, n);
    // Published: 1.618899858924339 and 1.0827994845655e-7.
    assert.ok(Math.abs(values[0]! - 1.618899858924339) < 1e-14);
    assert.ok(Math.abs(values[5]! - 1.0827994845655e-7) < 1e-15);
  });

  it('copes with equal, zero, negative and widely graded eigenvalues', () => {
    for (const values of [
      [0, 0, 0],
      [3, 3, 3, 3],
      [-1, 5, -7],
      [1, 1e-8, 1e-16, 1e-300, 0],
    ]) {
      const sorted = values.toSorted((a, b) => b - a);
      assert.deepEqual([...checkDecomposition(diagonal(values), values.length)], sorted);
    }
    const ones = new Float64Array(49).fill(1);
    const values = checkDecomposition(ones, 7);
    assert.ok(Math.abs(values[0]! - 7) < 1e-14);
    assert.ok(values.subarray(1).every((value) => Math.abs(value) < 1e-14));
  });

  it('neither overflows nor underflows', () => {
    const matrix = randomSymmetric(new Random(2), 12);
    const values = symmetricEigen(matrix, 12).values;
    for (const scale of [2 ** 900, 2 ** -900]) {
      const scaled = symmetricEigen(
        matrix.map((value) => value * scale),
        12,
      ).values;
      scaled.forEach((value, i) => {
        assert.ok(Math.abs(value / scale - values[i]!) < 1e-13);
      });
    }
    checkDecomposition(Float64Array.of(1, 1e-170, 1e-170, 1e-170, 0.5, 0, 1e-170, 0, 0.25), 3);
  });

  it('leaves its input as it was', () => {
    const matrix = randomSymmetric(new Random(3), 6);
    const copy = matrix.slice();
    symmetricEigen(matrix, 6);
    assert.deepEqual(matrix, copy);
  });

  it('rejects a wrong size and numbers that are not finite', () => {
    assert.throws(() => symmetricEigen(new Float64Array(5), 2), /2 x 2 values expected, 5 found/);
    assert.throws(() => symmetricEigen(Float64Array.of(1, NaN, NaN, 1), 2), /NaN/);
    assert.throws(() => symmetricEigen(Float64Array.of(Infinity), 1), /Infinity/);
  });
});

describe('GramMatrix', () => {
  it('sums the products of columns, whatever the sizes and the weights', () => {
    const random = new Random(4);
    for (const [rows, n] of [
      [1, 1],
      [5, 2],
      [127, 3],
      [128, 4],
      [300, 7],
    ] as const) {
      const data = Float32Array.from({ length: rows * n }, () => random.normal());
      const weights = Float32Array.from({ length: rows }, () => random.uniform());
      for (const w of [undefined, weights]) {
        const gram = new GramMatrix(n);
        gram.add(data, w);
        const { matrix } = gram;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let r = 0; r < rows; r++) sum += (w?.[r] ?? 1) * data[r * n + i]! * data[r * n + j]!;
            assert.ok(Math.abs(matrix[i * n + j]! - sum) < 1e-12 * rows);
          }
        }
      }
    }
  });

  it('takes rows in pieces', () => {
    const random = new Random(5);
    const data = Float32Array.from({ length: 400 * 5 }, () => random.normal());
    const whole = new GramMatrix(5);
    whole.add(data);
    const pieces = new GramMatrix(5);
    for (let r = 0; r < 400; r += 128) pieces.add(data.subarray(r * 5, (r + 128) * 5));
    pieces.add(new Float32Array(0));
    assert.deepEqual(pieces.matrix, whole.matrix);
  });

  it('rejects rows, weights and sizes that do not fit', () => {
    assert.throws(() => new GramMatrix(0), RangeError);
    const gram = new GramMatrix(3);
    assert.throws(() => {
      gram.add(new Float32Array(4));
    }, /4 values are no rows of 3/);
    assert.throws(() => {
      gram.add(new Float32Array(6), new Float32Array(1));
    }, /2 weights expected, 1 found/);
    assert.throws(() => {
      gram.add(new Float32Array(6), Float32Array.of(1, -1));
    }, /negative/);
    assert.throws(() => {
      gram.add(new Float32Array(3), Float32Array.of(NaN));
    }, /negative/);
  });
});
