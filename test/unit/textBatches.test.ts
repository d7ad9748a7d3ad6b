import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Random } from '../../src/core/random.ts';
import { evaluationBatches, trainingBatchCount, trainingBatches } from '../../src/core/text/batches.ts';
import { padSentence } from '../../src/core/text/encode.ts';
import { MemoryDataset, type DatasetBatch } from '../../src/core/text/encoded.ts';
import { drawHeldOut } from '../../src/core/text/split.ts';

/** Sentence i holds the id i + 1 once to 30 times. */
function dataset(count: number): MemoryDataset {
  const random = new Random(9);
  const offsets = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) offsets[i + 1] = offsets[i]! + 1 + random.integer(30);
  const ids = new Int32Array(offsets[count]!);
  for (let i = 0; i < count; i++) ids.fill(i + 1, offsets[i], offsets[i + 1]);
  return new MemoryDataset({
    ids,
    offsets,
    labels: Int32Array.from({ length: count }, (_, i) => i % 3),
    withUnknown: Uint8Array.from({ length: count }, (_, i) => i % 2),
    lines: Int32Array.from({ length: count }, (_, i) => i + 1),
  });
}

function checkBatches({ chunk }: MemoryDataset, batches: DatasetBatch[], batchSize: number): void {
  const seen: number[] = [];
  for (const batch of batches) {
    assert.ok(batch.size > 0 && batch.size <= batchSize);
    assert.equal(batch.length, Math.max(...batch.lengths));
    assert.equal(batch.ids.length, batch.size * batch.length);
    batch.lines.forEach((line, row) => {
      const sentence = line - 1;
      seen.push(sentence);
      assert.equal(batch.labels[row], chunk.labels[sentence]);
      assert.equal(batch.withUnknown[row], chunk.withUnknown[sentence]);
      const length = chunk.offsets[sentence + 1]! - chunk.offsets[sentence]!;
      assert.equal(batch.lengths[row], length);
      for (let t = 0; t < batch.length; t++) {
        assert.equal(batch.ids[row * batch.length + t], t < length ? sentence + 1 : 0);
      }
    });
  }
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    Array.from({ length: chunk.labels.length }, (_, i) => i),
  );
}

function fingerprint(batches: Iterable<DatasetBatch>): string {
  const hash = createHash('sha256');
  for (const { ids, labels } of batches) hash.update(ids).update(labels);
  return hash.digest('hex').slice(0, 16);
}

describe('batches', () => {
  const data = dataset(1037);

  it('of training use every sentence once, the last partial batch too', () => {
    const batches = [...trainingBatches(data, 8, new Random(1))];
    assert.equal(batches.length, 130);
    assert.equal(trainingBatchCount(1037, 8), 130);
    assert.deepEqual(
      batches.map(({ size }) => size).filter((size) => size !== 8),
      [5],
    );
    checkBatches(data, batches, 8);
  });

  it('of training depend on the random numbers and on nothing else', () => {
    const order = (seed: number): number[] =>
      [...trainingBatches(data, 8, new Random(seed))].flatMap(({ lines }) => [...lines]);
    assert.deepEqual(order(1), order(1));
    assert.notDeepEqual(order(1), order(2));
    const lengths = [...trainingBatches(data, 8, new Random(1))].map(({ length }) => length);
    assert.notDeepEqual(
      lengths,
      [...lengths].sort((a, b) => a - b),
    );
  });

  it('are the same in every version, so that a run can be repeated', () => {
    assert.equal(fingerprint(trainingBatches(data, 8, new Random(1))), '648458da0e102245');
    assert.equal(fingerprint(trainingBatches(data, 2, new Random(1))), '1c1221515baccb88');
    assert.equal(fingerprint(evaluationBatches(data, 100)), 'db66c961def3edce');
  });

  it('waste little on padding', () => {
    const padded = [...trainingBatches(data, 8, new Random(1))].reduce((sum, { ids }) => sum + ids.length, 0);
    assert.ok(padded < 1.1 * data.tokens, `${padded} for ${data.tokens}`);
  });

  it('of evaluation hold everything, shortest first', () => {
    const batches = [...evaluationBatches(data, 100)];
    checkBatches(data, batches, 100);
    const lengths = batches.flatMap((batch) => [...batch.lengths]);
    assert.deepEqual(
      lengths,
      [...lengths].sort((a, b) => a - b),
    );
    assert.deepEqual([...evaluationBatches(dataset(0), 4)], []);
  });
});

describe('drawHeldOut', () => {
  /** Positions that are held out of sentences with these labels. */
  function draw(labels: readonly number[], fraction: number, seed: number): number[] {
    const counts = new Array<number>(Math.max(...labels) + 1).fill(0);
    for (const label of labels) counts[label]!++;
    const { has, left } = drawHeldOut(counts, fraction, new Random(seed));
    const drawn = labels.flatMap((label, i) => (has(label) ? [i] : []));
    for (const i of drawn) counts[labels[i]!]!--;
    assert.deepEqual(left, counts);
    return drawn;
  }
  const labelsOf = (count: number, of: (i: number) => number): number[] =>
    Array.from({ length: count }, (_, i) => of(i));

  it('keeps the shares of the classes and depends on the seed alone', () => {
    const labels = labelsOf(1000, (i) => (i % 10 === 0 ? 0 : i % 10 < 4 ? 1 : 2));
    const heldOut = draw(labels, 0.2, 5);
    const counts = [0, 1, 2].map((c) => heldOut.filter((i) => labels[i] === c).length);
    assert.deepEqual(counts, [20, 60, 120]);
    assert.deepEqual(draw(labels, 0.2, 5), heldOut);
    assert.notDeepEqual(draw(labels, 0.2, 6), heldOut);
  });

  it('draws the same in every version', () => {
    const heldOut = draw(
      labelsOf(1037, (i) => i % 3),
      0.2,
      5,
    );
    const lines = Int32Array.from(heldOut, (i) => i + 1);
    assert.equal(createHash('sha256').update(lines).digest('hex').slice(0, 16), 'd0addd0dd79c6edb');
  });

  it('deals remainders so that the whole is right, and empties no class', () => {
    const five = labelsOf(25, (i) => i % 5);
    assert.equal(draw(five, 0.1, 1).length, 3);
    const lone = labelsOf(11, (i) => (i === 4 ? 1 : 0));
    assert.deepEqual(draw(lone, 0.9, 1).length, 9);
    assert.ok(!draw(lone, 0.9, 1).includes(4));
  });

  it('passes over a class without sentences', () => {
    assert.deepEqual(draw([0, 2, 0, 2, 0, 2, 0, 2], 0.5, 1).length, 4);
  });
});

describe('padSentence', () => {
  it('fills the side asked for with row 0', () => {
    assert.deepEqual([...padSentence([5, 6], 3, 'left')], [0, 5, 6]);
    assert.deepEqual([...padSentence([7], 3, 'right')], [7, 0, 0]);
  });
});
