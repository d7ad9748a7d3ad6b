import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadState, saveState } from '../../../src/core/checkpoint/savedState.ts';
import { openEncoded, saveEncoded } from '../../../src/core/sweep/encodedFolder.ts';
import { textDefaults } from '../../../src/core/recipe/defaults.ts';
import { DatasetWriter } from '../../../src/core/text/datasetWriter.ts';
import { evaluationBatches } from '../../../src/core/text/batches.ts';
import type { EncodedDataset } from '../../../src/core/text/encoded.ts';
import { fuzz } from '../../support/fuzz.ts';
import { mutated, mutatedJson } from '../../support/mutate.ts';

const rows = 9;
const labels = ['a', 'b', 'c'];

function dataset(count: number): EncodedDataset {
  const writer = new DatasetWriter();
  for (let i = 0; i < count; i++) {
    const ids = new Int32Array(1 + (i % 5)).fill(i % rows);
    writer.push({ ids, label: i % labels.length, withUnknown: i % 2 === 1, line: i + 1 });
  }
  return writer.finish();
}

describe("fuzz: a run's caches", () => {
  let folder = '';
  let whole = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-fuzz-'));
    whole = join(folder, 'whole');
    await saveEncoded(whole, {
      train: dataset(20),
      validation: dataset(7),
      labels,
      vocabulary: Array.from({ length: rows }, (_, i) => `w${i}`),
      rows,
      text: textDefaults,
      warnings: ['mind'],
    });
    await cp(whole, join(folder, 'data'), { recursive: true });
    await mkdir(join(folder, 'state'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const path = (name: string) => (): string => join(folder, 'data', name);
  /** Reads what a model would be trained on, of which every row and every class has to be there. */
  async function read(): Promise<void> {
    const found = await openEncoded(join(folder, 'data'));
    if (found === undefined) throw new Error('It is there.');
    const { train, validation } = found;
    for (const data of [train, validation]) {
      for (const { ids, lengths, labels: classes } of evaluationBatches(data, 4)) {
        const isRight =
          ids.every((id) => id >= 0 && id < found.rows) &&
          lengths.every((length) => length > 0) &&
          classes.every((label) => label >= 0 && label < found.labels.length);
        if (!isRight) throw new Error('It would be computed with.');
      }
      data.close();
    }
  }

  fuzz('data.json of a run, values', {
    path: path('data.json'),
    read,
    mutation: async (random) =>
      Buffer.from(mutatedJson(await readFile(join(whole, 'data.json'), 'utf8'), random)),
  });

  fuzz("a run's sentences", {
    path: path('train'),
    read,
    async mutation(random) {
      await cp(join(whole, 'data.json'), path('data.json')());
      return mutated(await readFile(join(whole, 'train')), random);
    },
  });

  const state = (): string => join(folder, 'state', 'state.safetensors');
  let sound: Buffer | undefined;
  fuzz("a training's state", {
    path: state,
    read: () => loadState(state()),
    async mutation(random) {
      if (sound === undefined) {
        const tensors = new Map([['m', { shape: [2, 3], data: new Float32Array(6) }]]);
        await saveState(state(), { tensors, meta: { epoch: 3, losses: [0.5, 0.25] } });
        sound = await readFile(state());
      }
      return mutated(sound, random);
    },
  });
});
