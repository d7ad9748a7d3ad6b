import assert from 'node:assert/strict';
import { describeMost, describeRank, rankTicks, spectrumCurves } from '../../webview/spectrumCurves.ts';

const report = {
  rows: 5,
  dimension: 3,
  singularValues: [3, 2, 1],
  taskEigenvalues: [8, 2, -1e-12],
};

describe('the panel’s spectrum', () => {
  it('keeps all at the full rank and never less at a higher one', () => {
    const curves = spectrumCurves(report);
    assert.deepEqual(
      curves.map(({ metric }) => metric),
      ['task', 'spectrum'],
    );
    for (const { kept } of curves) {
      assert.ok(kept.every((share, i) => share >= (kept[i - 1] ?? 0) && share <= 1));
      assert.ok(Math.abs((kept.at(-1) ?? 0) - 1) < 1e-12);
    }
  });

  it('takes squares of singular values, and eigenvalues as they are, without the negative ones of rounding', () => {
    const [task, spectrum] = spectrumCurves(report);
    assert.ok(task && spectrum);
    assert.ok(Math.abs((task.kept[0] ?? 0) - 0.8) < 1e-12);
    assert.ok(Math.abs((spectrum.kept[0] ?? 0) - 9 / 14) < 1e-12);
    assert.ok(task.values.every((value) => value >= 0));
  });

  it('names the lowest rank that keeps 90 %', () => {
    const [task, spectrum] = spectrumCurves(report);
    assert.ok(task && spectrum);
    assert.match(describeMost(task), /^Rank 2 of 3 keeps 90\u00a0% /);
    assert.match(describeMost(spectrum), /^Rank 2 of 3 /);
    assert.equal(
      describeRank([task, spectrum], 1),
      'Rank 1 keeps 80.0\u00a0% (Task), 64.3\u00a0% (Spectrum).',
    );
  });

  it('has a curve for each metric that the report has', () => {
    const curves = spectrumCurves({
      ...report,
      frequencyEigenvalues: [4, 1, 0],
      taskFrequencyEigenvalues: [9, 1, 0],
    });
    assert.deepEqual(
      curves.map(({ metric, kept }) => [metric, Number(kept[0]?.toFixed(2))]),
      [
        ['task', 0.8],
        ['spectrum', 0.64],
        ['frequency', 0.8],
        ['task-frequency', 0.9],
      ],
    );
    assert.equal(new Set(curves.map(describeMost)).size, 4);
  });

  it('does without a task metric where there are no sentences', () => {
    const { rows, dimension, singularValues } = report;
    assert.deepEqual(
      spectrumCurves({ rows, dimension, singularValues }).map(({ metric }) => metric),
      ['spectrum'],
    );
  });

  it('labels ranks of each decade up to the highest', () => {
    assert.deepEqual(rankTicks(100), [1, 2, 5, 10, 20, 50, 100]);
    assert.deepEqual(rankTicks(3), [1, 2]);
  });
});
