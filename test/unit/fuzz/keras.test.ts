import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHdf5, writeHdf5 } from '../../../src/core/checkpoint/keras/hdf5.ts';
import { readArchive } from '../../../src/core/checkpoint/keras/kerasArchive.ts';
import { writeKeras } from '../../../src/core/checkpoint/keras/kerasWriter.ts';
import { wordsEntries } from '../../../src/core/checkpoint/keras/textLayer.ts';
import type { Checkpoint } from '../../../src/core/checkpoint/checkpoint.ts';
import type { Random } from '../../../src/core/random.ts';
import { fuzz } from '../../support/fuzz.ts';
import { mutated, mutatedJson } from '../../support/mutate.ts';
import { readWhole } from '../../support/readWhole.ts';
import { smallModels } from '../../support/smallModels.ts';
import { textModel } from '../../support/textModel.ts';
import { zip } from '../../support/zip.ts';

interface Entries {
  readonly config: string;
  readonly metadata: string;
  readonly words: string | undefined;
  readonly weights: Buffer;
}

interface Hdf5Object {
  readonly object: string;
  /** Of an array. */
  readonly shape: readonly number[] | undefined;
}

interface WrittenFile {
  readonly path: string;
  readonly whole: Buffer;
  readonly config: string;
  readonly objects: readonly Hdf5Object[];
}

describe('fuzz: Keras files', () => {
  let folder = '';
  const path = (): string => join(folder, 'model.keras');
  const h5 = (): string => join(folder, 'model.h5');
  const archives: Buffer[] = [];
  const entries: Entries[] = [];
  const files: WrittenFile[] = [];

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(join(tmpdir(), 'press-fuzz-'));
    for (const [i, checkpoint] of [...smallModels('keras'), textModel()].entries()) {
      await addArchive(checkpoint, join(folder, `m${i}.keras`));
      if (checkpoint.textLayer === undefined) await addFile(checkpoint, join(folder, `m${i}.h5`));
    }
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function addArchive(checkpoint: Checkpoint, to: string): Promise<void> {
    await writeKeras(to, checkpoint, 'keras');
    const whole = await readFile(to);
    const { config, metadata, words, weights } = await readArchive(to);
    if (config === undefined || metadata === undefined || weights === undefined || 'memory' in weights)
      throw new Error('Keras stores its entries.');
    archives.push(whole);
    const { offset, bytes } = weights;
    entries.push({ config, metadata, words, weights: whole.subarray(offset, offset + bytes) });
  }

  async function addFile(checkpoint: Checkpoint, to: string): Promise<void> {
    await writeKeras(to, checkpoint, 'h5');
    const whole = await readFile(to);
    const source = { path: to, offset: 0, bytes: whole.length };
    const found = await readHdf5(source, async (file) => {
      const objects: Hdf5Object[] = [];
      for (const { object, isArray } of await file.entries()) {
        objects.push({ object, shape: isArray ? (await file.dataset(object))?.shape : undefined });
      }
      return { objects, config: (await file.texts('/', 'model_config'))?.[0] ?? '' };
    });
    files.push({ path: to, whole, ...found });
  }

  /** An archive with right sums, of which one entry is another. */
  async function archiveOf(round: number, changed: Partial<Entries>): Promise<Buffer> {
    const { config, metadata, words, weights } = { ...entries[round % entries.length]!, ...changed };
    return zip([
      ['config.json', Buffer.from(config)],
      ['metadata.json', Buffer.from(metadata)],
      ['model.weights.h5', weights],
      ...(words === undefined ? [] : [[wordsEntries[0], Buffer.from(words)] as const]),
    ]);
  }

  /** The same file with another config. */
  async function withConfig(round: number, config: string): Promise<Buffer> {
    const { path: origin, whole, objects } = files[round % files.length]!;
    const source = { path: origin, offset: 0, bytes: whole.length };
    await rm(h5(), { force: true });
    await writeHdf5(h5(), async (output) => {
      await output.openOrigin(source);
      for (const { object, shape } of objects) await output.copy(object, object, shape, ['model_config']);
      await output.setText('/', 'model_config', config);
    });
    return readFile(h5());
  }

  const read = (): Promise<void> => readWhole(path());
  const readH5 = (): Promise<void> => readWhole(h5());
  const entryOf = (round: number): Entries => entries[round % entries.length]!;

  fuzz('.keras archives, bytes', {
    path,
    read,
    mutation: (random, round) => mutated(archives[round % archives.length]!, random),
  });

  fuzz('.keras config.json, values', {
    path,
    read,
    mutation: (random, round) => archiveOf(round, { config: mutatedJson(entryOf(round).config, random) }),
  });

  fuzz('.keras metadata.json, values', {
    path,
    read,
    mutation: (random, round) => archiveOf(round, { metadata: mutatedJson(entryOf(round).metadata, random) }),
  });

  fuzz('.keras weights, bytes', {
    path,
    read,
    mutation: (random, round) => archiveOf(round, { weights: mutated(entryOf(round).weights, random) }),
  });

  fuzz('.keras TextVectorization, config and words', {
    path,
    read,
    mutation(random, round) {
      const { config, words = '' } = entries.at(-1)!;
      const changed =
        round % 2 === 0
          ? { config: withTextLayer(config, random) }
          : { words: mutated(Buffer.from(words), random).toString('latin1') };
      return archiveOf(entries.length - 1, changed);
    },
  });

  fuzz('.h5 files, bytes', {
    path: h5,
    read: readH5,
    mutation: (random, round) => mutated(files[round % files.length]!.whole, random),
  });

  fuzz('.h5 model_config, values', {
    path: h5,
    read: readH5,
    mutation: (random, round) => withConfig(round, mutatedJson(files[round % files.length]!.config, random)),
  });
});

/** The config with a change in its TextVectorization alone. */
function withTextLayer(config: string, random: Random): string {
  const model = JSON.parse(config) as { config: { layers: { class_name: string }[] } };
  const { layers } = model.config;
  const at = layers.findIndex(({ class_name: name }) => name === 'TextVectorization');
  const mark = '"the layer"';
  const layer = mutatedJson(JSON.stringify(layers[at]), random);
  return JSON.stringify(model, (_, value: unknown) => (value === layers[at] ? 'the layer' : value)).replace(
    mark,
    () => layer,
  );
}
