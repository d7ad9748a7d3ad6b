import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';
import type { EncodedRecipe } from '../../src/core/sweep/encodeRecipe.ts';
import { openEncoded, saveEncoded } from '../../src/core/sweep/encodedFolder.ts';
import { evaluationBatches, trainingBatchCount, trainingBatches } from '../../src/core/text/batches.ts';
import { DatasetWriter, rewrite } from '../../src/core/text/datasetWriter.ts';
import { MemoryDataset, sentencesOf, type EncodedDataset } from '../../src/core/text/encoded.ts';
import { FileDataset } from '../../src/core/text/fileDataset.ts';

let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'press-dataset-'));
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The sentence on line i + 1 has the id i, 60 times to 100 times. */
function dataset(count: number): EncodedDataset {
  const writer = new DatasetWriter(folder);
  for (let i = 0; i < count; i++) {
    const ids = new Int32Array(60 + ((i * 7) % 41)).fill(i);
    writer.push({ ids, label: i % 3, withUnknown: i % 2 === 1, line: i + 1 });
  }
  return writer.finish();
}

/** Two chunks. */
const many = 80_000;

function check(data: EncodedDataset, count: number): void {
  assert.equal(data.sentences, count);
  let i = 0;
  let tokens = 0;
  for (const { ids, label, withUnknown, line } of sentencesOf(data)) {
    if (line !== i + 1 || label !== i % 3 || withUnknown !== (i % 2 === 1)) assert.fail(`sentence ${i}`);
    if (ids.length !== 60 + ((i * 7) % 41) || ids[0] !== i || ids[ids.length - 1] !== i) {
      assert.fail(`ids of ${i}`);
    }
    tokens += ids.length;
    i++;
  }
  assert.deepEqual([i, tokens], [count, data.tokens]);
}

describe('a dataset that is larger than a chunk', () => {
  let data: EncodedDataset;

  before(() => {
    data = dataset(many);
  });

  after(() => {
    data.close();
  });

  it('lies in a file without a name, a smaller one in memory', () => {
    assert.ok(data instanceof FileDataset);
    assert.ok(dataset(100) instanceof MemoryDataset);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('gives back what it was given', () => {
    check(data, many);
  });

  it('is read in chunks of whole batches', () => {
    for (const multiple of [1, 64, 1000, 50_000, 2 * many]) {
      const counts = Array.from(data.chunks(multiple), ({ labels }) => labels.length);
      assert.deepEqual(
        counts.slice(0, -1).filter((count) => count % multiple !== 0),
        [],
      );
      assert.equal(
        counts.reduce((a, b) => a + b),
        many,
      );
      if (multiple <= 1000) assert.equal(counts.length, 2);
    }
  });

  it('is mixed all over in training, each sentence once, in the order of the seed', () => {
    const linesOf = (seed: number): Int32Array[] =>
      Array.from(trainingBatches(data, 64, new Random(seed)), ({ lines, ids, lengths, length, labels }) => {
        lines.forEach((line, row) => {
          const last = row * length + lengths[row]! - 1;
          if (ids[last] !== line - 1 || labels[row] !== (line - 1) % 3) assert.fail(`line ${line}`);
        });
        return lines;
      });
    const batches = linesOf(1);
    assert.equal(batches.length, trainingBatchCount(many, 64));
    assert.equal(new Set(batches.flatMap((lines) => [...lines])).size, many);
    assert.deepEqual(linesOf(1), batches);
    assert.notDeepEqual(linesOf(2), batches);
    const mean = (lines: readonly number[]): number => lines.reduce((a, b) => a + b) / lines.length / many;
    const first = mean(batches.slice(0, 300).flatMap((lines) => [...lines]));
    assert.ok(Math.abs(first - 0.5) < 0.15, String(first));
  });

  it('is evaluated whole', () => {
    let sentences = 0;
    for (const { lines, ids } of evaluationBatches(data, 256)) {
      sentences += lines.length;
      assert.equal(ids[0], lines[0]! - 1);
    }
    assert.equal(sentences, many);
  });

  it('is rewritten sentence by sentence', () => {
    const odd = rewrite(dataset(many), (sentence) => ({ ...sentence, label: 5 }), folder);
    assert.ok(Array.from(odd.chunks()).every(({ labels }) => labels.every((label) => label === 5)));
    assert.equal(odd.tokens, data.tokens);
    odd.close();
  });
});

describe('the data of a run', () => {
  const encoded = (train: EncodedDataset): EncodedRecipe => ({
    train,
    validation: dataset(10),
    labels: ['a', 'b', 'c'],
    vocabulary: ['<pad>', 'naïve'],
    rows: many,
    text: {
      tokenizer: 'words',
      lowercase: true,
      maxLength: 100,
      padding: 'left',
      outOfVocabularyToken: '<unk>',
    },
    warnings: ['mind'],
  });

  it('is the same for the next process', async () => {
    for (const count of [20, many]) {
      const place = join(folder, `data${count}`);
      assert.equal(await openEncoded(place), undefined);
      const given = encoded(dataset(count));
      const { train, validation, ...rest } = await saveEncoded(place, given);
      assert.deepEqual(
        { ...rest, train: undefined, validation: undefined },
        {
          ...given,
          train: undefined,
          validation: undefined,
        },
      );
      check(train, count);
      check(validation, 10);
      assert.equal(train instanceof FileDataset, count === many);
      train.close();
      const again = await openEncoded(place);
      check(again!.train, count);
      again!.train.close();
      assert.deepEqual(readdirSync(place).sort(), ['data.json', 'train', 'validation']);
    }
  });

  it('is taken from the process that was quicker', async () => {
    const place = join(folder, 'twice');
    await saveEncoded(place, encoded(dataset(20)));
    check((await saveEncoded(place, encoded(dataset(20)))).train, 20);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('twice')),
      ['twice'],
    );
  });

  it('is not taken for whole where a file is not', async () => {
    const place = join(folder, 'damaged');
    await saveEncoded(place, encoded(dataset(20)));
    truncateSync(join(place, 'train'), 100);
    await assert.rejects(openEncoded(place), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.format(), /train: The file has 100 bytes, where \d+ are expected/);
      return error.code === 'damaged-data';
    });
    writeFileSync(join(place, 'train'), '');
    await assert.rejects(openEncoded(place), UserError);
  });

  it('is not taken for data where a row or a class is none, or lengths lie', async () => {
    const changes: [(count: number) => number, number, RegExp][] = [
      [() => 0, 3, /a label other than the 3/],
      [(count) => 3 * count, 1000, /lengths of its sentences/],
      [(count) => 4 * count, many, /a row beyond the 80000/],
    ];
    for (const [i, [place, value, message]] of changes.entries()) {
      const data = join(folder, `changed${i}`);
      const count = 2;
      await saveEncoded(data, encoded(dataset(count)));
      const ints = new Int32Array(new Uint8Array(readFileSync(join(data, 'train'))).buffer);
      ints[place(count)] = value;
      writeFileSync(join(data, 'train'), ints);
      await assert.rejects(openEncoded(data), (error: UserError) => {
        assert.match(error.message, message);
        return error.code === 'damaged-data';
      });
    }
  });

  it('is not taken for data where what it says is no JSON, or not that of data', async () => {
    const place = join(folder, 'said');
    await saveEncoded(place, encoded(dataset(2)));
    const text = readFileSync(join(place, 'data.json'), 'utf8');
    for (const changed of [text.slice(1), text.replace('"rows":80000', '"rows":"80000"'), '[]']) {
      writeFileSync(join(place, 'data.json'), changed);
      await assert.rejects(openEncoded(place), { code: 'damaged-data' });
    }
  });
});
