import assert from 'node:assert/strict';
import { kMeans, nearest } from '../../src/core/compression/kMeans.ts';
import { newKernels } from '../../src/core/engine/kernels.ts';
import { Workspace } from '../../src/core/engine/workspace.ts';
import { Random } from '../../src/core/random.ts';
import { askPython, pythonWith } from './python.ts';

const cases = [
  { width: 1, centroids: 256, count: 3000, clustered: false },
  { width: 2, centroids: 256, count: 3000, clustered: false },
  { width: 4, centroids: 64, count: 3000, clustered: false },
  { width: 4, centroids: 16, count: 3000, clustered: true },
  { width: 25, centroids: 16, count: 2000, clustered: false },
];

describe('k-means against scikit-learn', function () {
  this.timeout(120_000);

  it('comes within 3 % of its distortion', function () {
    const python = pythonWith(this, 'sklearn');
    const random = new Random(1);
    const inputs = cases.map(({ width, centroids, count, clustered }) => {
      const centers = Float32Array.from({ length: 16 * width }, () => 6 * random.normal());
      const rows = new Float32Array(count * width);
      for (let r = 0; r < count; r++) {
        const center = random.integer(16) * width;
        for (let j = 0; j < width; j++) {
          rows[r * width + j] = random.normal() + (clustered ? centers[center + j]! : 0);
        }
      }
      return { width, centroids, rows };
    });
    const theirs = askPython(
      python,
      'kMeans.py',
      inputs.map(({ rows, ...rest }) => ({ ...rest, rows: Array.from(rows) })),
    ) as number[];
    const workspace = new Workspace(newKernels());
    const worst = inputs.map(({ width, centroids, rows }, i) => {
      const found = kMeans(workspace, rows, width, centroids, new Random(2));
      const codes = nearest(workspace, rows, width, found);
      let ours = 0;
      codes.forEach((code, r) => {
        for (let j = 0; j < width; j++) ours += (rows[r * width + j]! - found[code * width + j]!) ** 2;
      });
      console.log(`      ${centroids} of ${width}: ours ${(ours / theirs[i]!).toFixed(4)} of theirs`);
      return ours / theirs[i]!;
    });
    assert.ok(Math.max(...worst) < 1.03);
  });
});
