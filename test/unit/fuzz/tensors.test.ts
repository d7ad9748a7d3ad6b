import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectCheckpoint } from '../../../src/core/checkpoint/inspect.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import { listTensors } from '../../../src/core/checkpoint/listTensors.ts';
import { readSafetensors } from '../../../src/core/checkpoint/safetensors.ts';
import { openTensors, readTensor } from '../../../src/core/checkpoint/tensorFile.ts';
import { architectureDefaults } from '../../../src/core/recipe/defaults.ts';
import { codedCheckpoints } from '../../support/codedCheckpoints.ts';
import { fuzz } from '../../support/fuzz.ts';
import { mutated, mutatedJson } from '../../support/mutate.ts';
import { computeWith, readWhole } from '../../support/readWhole.ts';
import { smallModels } from '../../support/smallModels.ts';
import { pickle, tensor, torchFile, zipOf } from '../../support/torchFile.ts';

/** An LSTM with torch's names. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  'embedding.weight': [5, 3],
  'lstm.weight_ih_l0': [8, 3],
  'lstm.weight_hh_l0': [8, 2],
  'lstm.bias_ih_l0': [8],
  'lstm.bias_hh_l0': [8],
  'fc.weight': [2, 2],
  'fc.bias': [2],
};
const architecture = { ...architectureDefaults, kind: 'lstm', pooling: 'last' } as const;
const tensors = new Map(
  Object.entries(shapes).map(([name, shape]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return [name, { shape, data: Float32Array.from({ length }, (_, i) => Math.sin(i)) }] as const;
  }),
);

/** A file with another header, whose length is told rightly. */
function withHeader(file: Buffer, change: (header: string) => string): Buffer {
  const end = 8 + Number(file.readBigUInt64LE());
  const header = Buffer.from(change(file.toString('utf8', 8, end)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, file.subarray(end)]);
}

describe('fuzz: files of tensors', () => {
  let folder = '';
  const models: Buffer[] = [];
  const packed: Buffer[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-fuzz-'));
    const write = async (checkpoint: Parameters<typeof writeCheckpoint>[1]): Promise<Buffer> => {
      const model = join(folder, 'written');
      await writeCheckpoint(model, checkpoint, 'safetensors');
      return readFile(join(model, 'model.safetensors'));
    };
    for (const checkpoint of smallModels('safetensors')) models.push(await write(checkpoint));
    for (const { checkpoint } of codedCheckpoints()) packed.push(await write(checkpoint));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const path = (): string => join(folder, 'model.safetensors');
  const pt = (): string => join(folder, 'model.pt');

  const read = async (): Promise<void> => {
    await readSafetensors(path());
    await listTensors(path());
    await readWhole(path());
  };

  fuzz('.safetensors, bytes', {
    path,
    read,
    mutation: (random, round) => mutated(models[round % models.length]!, random),
  });

  fuzz('.safetensors header, values', {
    path,
    read,
    mutation: (random, round) =>
      withHeader(models[round % models.length]!, (header) => mutatedJson(header, random)),
  });

  fuzz('.safetensors spec, values', {
    path,
    read,
    mutation: (random, round) =>
      withHeader(models[round % models.length]!, (header) => {
        const { __metadata__: notes, ...entries } = JSON.parse(header) as {
          __metadata__: { spec: string };
        };
        return JSON.stringify({
          __metadata__: { ...notes, spec: mutatedJson(notes.spec, random) },
          ...entries,
        });
      }),
  });

  const readPacked = async (): Promise<void> => {
    await inspectCheckpoint(path());
    computeWith(await readCheckpoint(path()));
  };

  fuzz('packed .safetensors, bytes', {
    path,
    read: readPacked,
    mutation(random, round) {
      const file = packed[round % packed.length]!;
      const data = 8 + Number(file.readBigUInt64LE());
      // Headers are large beside the data of small models.
      return round % 2 === 0
        ? mutated(file, random)
        : Buffer.concat([file.subarray(0, data), sameLength(file.subarray(data), random)]);
    },
  });

  fuzz('packed .safetensors metadata, values', {
    path,
    read: readPacked,
    mutation: (random, round) =>
      withHeader(packed[round % packed.length]!, (header) => {
        const { __metadata__: notes, ...entries } = JSON.parse(header) as {
          __metadata__: Record<string, string>;
        };
        const of = random.integer(2) === 0 && notes.packed !== undefined ? 'packed' : 'spec';
        return JSON.stringify({
          __metadata__: { ...notes, [of]: mutatedJson(notes[of]!, random) },
          ...entries,
        });
      }),
  });

  const readTorch = async (): Promise<void> => {
    const file = await openTensors(pt());
    for (const stored of file.tensors.values()) await readTensor(stored);
    await listTensors(pt());
    await readWhole(pt(), architecture);
  };

  fuzz('.pt and .pth, bytes', {
    path: pt,
    read: readTorch,
    mutation: (random) => mutated(torchFile(tensors), random),
  });

  fuzz('.pt and .pth, the pickle', {
    path: pt,
    read: readTorch,
    mutation(random) {
      const items = [...tensors].map(([name, { shape, data }], i): [Buffer, Buffer] => [
        pickle.text(name),
        tensor({ key: String(i), length: data.length, shape }),
      ]);
      const storages = [...tensors.values()].map(({ data }, i) => ({
        name: `model/data/${i}`,
        data: new Uint8Array(data.buffer),
      }));
      return zipOf([
        { name: 'model/data.pkl', data: mutated(pickle.whole(pickle.ordered(...items)), random) },
        ...storages,
      ]);
    },
  });
});

/** Some bytes are others. */
function sameLength(data: Buffer, random: Parameters<typeof mutated>[1]): Buffer {
  const changed = Buffer.from(data);
  for (let count = 1 + random.integer(8); count > 0; count--)
    changed[random.integer(changed.length)] = random.integer(256);
  return changed;
}
