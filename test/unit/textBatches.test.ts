import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import { evaluationBatches, trainingBatchCount, trainingBatches } from '../../src/core/text/batches.ts';
import { padSentences } from '../../src/core/text/encode.ts';
import type { Batch, EncodedDataset } from '../../src/core/text/encoded.ts';
import { splitFraction } from '../../src/core/text/split.ts';

/** Sentence i holds the id i + 1 once to 30 times. */
function dataset(count: number, classes: (i: number) => number = (i) => i % 3): EncodedDataset {
  const random = new Random(9);
  const offsets = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) offsets[i + 1] = offsets[i]! + 1 + random.integer(30);
  const ids = new Int32Array(offsets[count]!);
  for (let i = 0; i < count; i++) ids.fill(i + 1, offsets[i], offsets[i + 1]);
  return {
    ids,
    offsets,
    labels: Int32Array.from({ length: count }, (_, i) => classes(i)),
    withUnknown: Uint8Array.from({ length: count }, (_, i) => i % 2),
    lines: Int32Array.from({ length: count }, (_, i) => i + 1),
  };
}

function checkBatches(data: EncodedDataset, batches: Batch[], batchSize: number): void {
  const seen: number[] = [];
  for (const batch of batches) {
    assert.ok(batch.size > 0 && batch.size <= batchSize);
    assert.equal(batch.length, Math.max(...batch.lengths));
    assert.equal(batch.ids.length, batch.size * batch.length);
    batch.sentences.forEach((sentence, row) => {
      seen.push(sentence);
      assert.equal(batch.labels[row], data.labels[sentence]);
      const length = data.offsets[sentence + 1]! - data.offsets[sentence]!;
      assert.equal(batch.lengths[row], length);
      for (let t = 0; t < batch.length; t++) {
        assert.equal(batch.ids[row * batch.length + t], t < length ? sentence + 1 : 0);
      }
    });
  }
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    Array.from({ length: data.labels.length }, (_, i) => i),
  );
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
      [...trainingBatches(data, 8, new Random(seed))].flatMap(({ sentences }) => [...sentences]);
    assert.deepEqual(order(1), order(1));
    assert.notDeepEqual(order(1), order(2));
    const lengths = [...trainingBatches(data, 8, new Random(1))].map(({ length }) => length);
    assert.notDeepEqual(
      lengths,
      [...lengths].sort((a, b) => a - b),
    );
  });

  it('waste little on padding', () => {
    const padded = [...trainingBatches(data, 8, new Random(1))].reduce((sum, { ids }) => sum + ids.length, 0);
    assert.ok(padded < 1.1 * data.ids.length, `${padded} for ${data.ids.length}`);
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

describe('splitFraction', () => {
  const firstIds = (data: EncodedDataset): number[] =>
    Array.from(data.labels, (_, i) => data.ids[data.offsets[i]!]!);

  it('parts the sentences, keeps the shares of the classes, and depends on the seed alone', () => {
    const data = dataset(1000, (i) => (i % 10 === 0 ? 0 : i % 10 < 4 ? 1 : 2));
    const { kept, heldOut } = splitFraction(data, 0.2, new Random(5));
    const both = [...firstIds(kept), ...firstIds(heldOut)].sort((a, b) => a - b);
    assert.deepEqual(
      both,
      Array.from({ length: 1000 }, (_, i) => i + 1),
    );
    const counts = [0, 1, 2].map((c) => heldOut.labels.filter((label) => label === c).length);
    assert.deepEqual(counts, [20, 60, 120]);
    for (const part of [kept, heldOut]) {
      firstIds(part).forEach((id, i) => {
        const [start, end] = [data.offsets[id - 1]!, data.offsets[id]!];
        assert.equal(part.offsets[i + 1]! - part.offsets[i]!, end - start);
        assert.equal(part.labels[i], data.labels[id - 1]);
        assert.equal(part.withUnknown[i], data.withUnknown[id - 1]);
      });
    }
    assert.deepEqual(splitFraction(data, 0.2, new Random(5)).heldOut, heldOut);
    assert.notDeepEqual(firstIds(splitFraction(data, 0.2, new Random(6)).heldOut), firstIds(heldOut));
  });

  it('deals remainders so that the whole is right, and empties no class', () => {
    const { heldOut } = splitFraction(
      dataset(25, (i) => i % 5),
      0.1,
      new Random(1),
    );
    assert.equal(heldOut.labels.length, 3);
    const lone = splitFraction(
      dataset(11, (i) => (i === 4 ? 1 : 0)),
      0.9,
      new Random(1),
    );
    assert.deepEqual([...lone.kept.labels].sort(), [0, 1]);
  });
});

describe('padSentences', () => {
  it('fills the side asked for with row 0 and keeps the rest', () => {
    const data: EncodedDataset = {
      ids: Int32Array.of(5, 6, 7),
      offsets: Int32Array.of(0, 2, 3),
      labels: Int32Array.of(1, 0),
      withUnknown: Uint8Array.of(0, 1),
      lines: Int32Array.of(1, 2),
    };
    assert.deepEqual([...padSentences(data, 3, 'left').ids], [0, 5, 6, 0, 0, 7]);
    const right = padSentences(data, 3, 'right');
    assert.deepEqual([...right.ids], [5, 6, 0, 7, 0, 0]);
    assert.deepEqual([...right.offsets], [0, 3, 6]);
    assert.equal(right.labels, data.labels);
  });
});
