import assert from 'node:assert/strict';
import { methodOf } from '../../src/core/compression/methods.ts';
import { compressDefaults } from '../../src/core/recipe/defaults.ts';
import type { CompressSettings } from '../../src/core/recipe/recipe.ts';
import { pointName, seriesName } from '../../src/editor/pointName.ts';

const defaults = compressDefaults;
const entries: readonly CompressSettings[] = [
  { ...defaults['low-rank'], metrics: ['task', 'task-frequency'], bits: [32, 4, 'ternary'], words: [1, 0.5] },
  { ...defaults['low-rank'], retrain: false },
  defaults['low-rank-offline'],
  defaults['ppa-pca'],
  defaults['fixed-point'],
  { ...defaults['fixed-point'], scale: 'row', zeroPoint: true, bits: [1, 'ternary'], retrain: false },
  { ...defaults['product-quantization'], words: [1, 0.5] },
  { ...defaults['product-quantization'], words: [0.5], keep: 'frequency', norm: false, centroids: 16 },
  defaults.codes,
  { ...defaults.codes, codewords: 64 },
  defaults.pruning,
  { ...defaults.pruning, gradual: false },
  { ...defaults.pruning, retrain: false },
  { ...defaults['deep-compression'], bits: [5, 3] },
];

describe('the names of models', () => {
  const points = entries.flatMap(
    (settings, entry) =>
      methodOf(settings).points(
        settings,
        { rows: 1000, dimension: 100 },
        { file: 'a', path: 'compress', entry },
      ).points,
  );

  it('differ where the models do, and those of curves where curves do', () => {
    const names = points.map((point) => pointName({ kind: 'point', ...point }));
    assert.equal(new Set(names).size, points.length, names.join('\n'));
    assert.equal(new Set(points.map(seriesName)).size, new Set(points.map(({ series }) => series)).size);
    for (const [i, name] of names.entries()) {
      assert.ok(!name.includes(points[i]!.setting) && !/undefined|NaN|, $/.test(name), name);
    }
  });

  it('say what a model is', () => {
    const nameOf = (setting: string): string | undefined => {
      const point = points.find((one) => one.setting === setting);
      return point && `${seriesName(point)} | ${pointName({ kind: 'point', ...point })}`;
    };
    assert.equal(nameOf('task-k9'), 'Low rank: Task | Task, rank 9');
    assert.equal(nameOf('task-k9-4bit'), 'Low rank: Task, 4 bits | Task, 4 bits, rank 9');
    assert.equal(nameOf('fixed-point-8bit'), 'Fixed point | Fixed point, 8 bits');
    assert.equal(
      nameOf('fixed-point-1bit-row-zero-bare'),
      'Fixed point, a scale a row, zero point, not retrained | Fixed point, a scale a row, zero point, not retrained, 1 bit',
    );
  });
});
