import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import { spectrumReport } from '../../src/core/report/spectrum.ts';

const rows = 40;
const dimension = 6;
const random = new Random(3);
const data = Float32Array.from({ length: rows * dimension }, () => random.uniform() - 0.5);
const checkpoint = {
  spec: {
    embedding: { rows, dimension },
    body: { kind: 'dan', hidden: [] },
    head: 'softmax',
    classes: 2,
    masked: true,
  },
  weights: new Map([['embedding/table', { shape: [rows, dimension], data }]]),
  text: undefined,
  vocabulary: undefined,
  labels: undefined,
} as const;
const identity = Float64Array.from({ length: dimension ** 2 }, (_, i) => (i % (dimension + 1) === 0 ? 1 : 0));

describe('the spectrum report', () => {
  it('has the metrics that there are data for', async () => {
    const metrics = async (...given: Parameters<typeof spectrumReport>): Promise<string[]> =>
      Object.keys(await spectrumReport(...given)).filter((key) => key.endsWith('alues'));
    assert.deepEqual(await metrics(checkpoint), ['singularValues']);
    const rowWeights = new Float64Array(rows).fill(1);
    assert.equal((await metrics(checkpoint, { rowWeights })).length, 2);
    assert.equal((await metrics(checkpoint, { rowWeights, gradientCovariance: identity })).length, 4);
  });

  it('says the same by all of them where words count alike and directions, too', async () => {
    const rowWeights = new Float64Array(rows).fill(3);
    const report = await spectrumReport(checkpoint, { rowWeights, gradientCovariance: identity });
    for (const [i, value] of report.singularValues.entries()) {
      const close = (found: number | undefined, times: number): void => {
        assert.ok(Math.abs((found ?? NaN) - times * value ** 2) < 1e-5 * value ** 2 + 1e-9);
      };
      close(report.taskEigenvalues?.[i], 1);
      close(report.frequencyEigenvalues?.[i], 3);
      close(report.taskFrequencyEigenvalues?.[i], 3);
    }
  });
});
