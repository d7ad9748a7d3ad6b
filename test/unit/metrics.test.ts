import assert from 'node:assert/strict';
import { accuracy, countInto, emptyConfusion, macroF1 } from '../../src/core/training/metrics.ts';

describe('metrics', () => {
  // A worked example: class 0 has 3 of 4 right, class 1 has 1 of 2, class 2 never occurs and is predicted once.
  const labels = Int32Array.of(0, 0, 0, 0, 1, 1);
  const predicted = Int32Array.of(0, 0, 0, 1, 1, 2);
  const confusion = emptyConfusion(3);
  countInto(confusion, labels, predicted);

  it('counts true classes in rows and predicted ones in columns', () => {
    assert.deepEqual(confusion, [
      [3, 1, 0],
      [0, 1, 1],
      [0, 0, 0],
    ]);
  });

  it('takes accuracy from the diagonal', () => {
    assert.equal(accuracy(confusion), 4 / 6);
    assert.equal(accuracy([[0]]), 0);
  });

  it('averages F1 over classes without weights', () => {
    // F1: 2*3/(4+3), 2*1/(2+2), 0/(0+1); sklearn.metrics.f1_score(average='macro') gives 0.452380...
    assert.ok(Math.abs(macroF1(confusion) - (6 / 7 + 1 / 2 + 0) / 3) < 1e-12);
  });
});
