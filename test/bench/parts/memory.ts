import { join } from 'node:path';
import { dataFolder } from '../data.ts';
import type { Contestant, Part } from '../part.ts';
import { press, trainRecipe } from '../press.ts';
import { startWorker, type PeerLibrary } from '../workers.ts';

const vocabularies = [
  ['small', '17,575 words'],
  ['large', '341,481 words'],
] as const;

/** Ours is a worker of a run, which also reads text and vectors and saves the model. */
function ours(engine: 'tensorflow' | 'wasm', vocabulary: 'small' | 'large', group: string): Contestant {
  return {
    name: `ours, ${engine}`,
    ours: true,
    group,
    measure: async () => {
      const { peakBytes } = await press(trainRecipe(vocabulary, 2), {
        engine,
        jobs: 1,
        watchesMemory: true,
      });
      return { megabytes: peakBytes / 1e6 };
    },
  };
}

function peer(
  name: string,
  library: PeerLibrary,
  request: object,
  vocabulary: string,
  group: string,
): Contestant {
  return {
    name,
    ours: false,
    group,
    measure: async () => {
      const worker = startWorker(library, 1);
      try {
        const folder = join(dataFolder, vocabulary);
        await worker.ask({ run: 'epoch', model: 'dan', folder, steps: 20, ...request });
        return await worker.ask({ run: 'memory' });
      } finally {
        await worker.close();
      }
    },
  };
}

export const memoryPart: Part = {
  name: 'memory',
  title: 'Memory of a training process',
  about:
    'The largest resident set of a process that trains the deep averaging network, in MB. Ours is the worker of a run of two epochs, which reads text and word vectors and saves the model; the peers read a table and rows in binary, take 20 steps, and save nothing.',
  columns: [{ key: 'megabytes', title: 'MB', digits: 0, better: 'lower' }],
  warmUp: false,
  contestants: () =>
    vocabularies.flatMap(([vocabulary, group]) => [
      ours('tensorflow', vocabulary, group),
      ours('wasm', vocabulary, group),
      peer('torch, dense Adam', 'torch', { optimizer: 'dense' }, vocabulary, group),
      peer('torch, fused Adam', 'torch', { optimizer: 'fused' }, vocabulary, group),
      peer('torch, SparseAdam for the table', 'torch', { optimizer: 'sparse' }, vocabulary, group),
      peer('Keras, fit', 'keras', {}, vocabulary, group),
    ]),
};
