import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '../../../src/core/checkpoint/folder.ts';
import type { Storage } from '../../../src/core/checkpoint/storageTypes.ts';
import type { Random } from '../../../src/core/random.ts';
import { fuzz } from '../../support/fuzz.ts';
import { smallModels } from '../../support/smallModels.ts';
import { mutated, mutatedJson } from '../../support/mutate.ts';
import { readWhole } from '../../support/readWhole.ts';

const storages: readonly Storage[] = ['float32', 'float16', 'uint8', 'uint16'];
const shard = 'group1-shard1of1.bin';

interface Written {
  readonly json: Buffer;
  readonly weights: Buffer;
}

describe('fuzz: tfjs models', () => {
  let folder = '';
  const models: Written[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-fuzz-'));
    for (const [i, checkpoint] of smallModels('tfjs').entries()) {
      const model = join(folder, `m${i}`);
      await writeCheckpoint(model, checkpoint, 'tfjs', { storage: storages[i % storages.length]! });
      models.push({
        json: await readFile(join(model, 'model.json')),
        weights: await readFile(join(model, shard)),
      });
    }
    await mkdir(join(folder, 'model'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const of = (round: number): Written => models[round % models.length]!;
  const path = (): string => join(folder, 'model', 'model.json');
  const read = (): Promise<void> => readWhole(path());

  /** Changes model.json, beside its own shard. */
  function fuzzJson(name: string, change: (json: Buffer, random: Random) => Buffer | string): void {
    fuzz(name, {
      path,
      read,
      async mutation(random, round) {
        const { json, weights } = of(round);
        await writeFile(join(folder, 'model', shard), weights);
        return Buffer.from(change(json, random));
      },
    });
  }

  fuzzJson('tfjs model.json, values', (json, random) => mutatedJson(json.toString(), random));
  fuzzJson('tfjs model.json without our note, values', (json, random) => {
    const { userDefinedMetadata: _, ...foreign } = JSON.parse(json.toString()) as Record<string, unknown>;
    return mutatedJson(JSON.stringify(foreign), random);
  });
  fuzzJson('tfjs model.json, bytes', mutated);

  fuzz('tfjs shards', {
    path: () => join(folder, 'model', shard),
    read,
    async mutation(random, round) {
      const { json, weights } = of(round);
      await writeFile(path(), json);
      return mutated(weights, random);
    },
  });
});
