import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runScript } from '../command.ts';
import { dataFolder } from '../data.ts';
import { seconds, type Contestant, type Part } from '../part.ts';
import { onSst, press, trainRecipe } from '../press.ts';

const engines = ['tensorflow', 'wasm'] as const;
const small = join(dataFolder, 'small');
const models = join(dataFolder, 'models');
const model = join(models, 'uncompressed');

/** The trained network that sweeps start from, made once. */
async function makeModel(): Promise<void> {
  if (existsSync(model)) return;
  await rm(models, { recursive: true, force: true });
  await press({ ...trainRecipe('small', 5), output: models }, { engine: 'wasm' });
}

const retrain = { epochs: 5, schedule: 'constant', dropout: 0, wordDropout: 0 };

const sweepRecipe = {
  model,
  ...onSst,
  compress: { metric: 'spectrum', ranks: [1, 2, 4, 9, 18, 36] },
  retrain: { ...retrain, seeds: [1, 2, 3] },
};

export const sweepPart: Part = {
  name: 'sweep',
  title: 'A whole sweep',
  about:
    'Seconds from the command to its end: a trained deep averaging network, retrained for five epochs uncompressed and factorized at six ranks (1 to 36), with three seeds each; the best epoch by validation is kept and tested. The accuracy is the mean over ranks and seeds. Ours moves the rows that a batch has, as SparseAdam does; dense Adam moves all rows in every step. Ours reads text and saves every model; the script reads table rows and saves none.',
  columns: [seconds('seconds', 1), { key: 'accuracy', title: 'test accuracy', digits: 3 }],
  warmUp: false,
  async contestants() {
    await makeModel();
    const group = 'All cores';
    const script = (name: string, optimizer: string, threads: number, copies: number): Contestant => ({
      name: `torch script, ${name}`,
      ours: false,
      group,
      measure: () => runScript('sweep.py', [model, small, optimizer], { threads, copies }),
    });
    return [
      ...engines.map((engine) => ({
        name: `ours, ${engine}`,
        ours: true,
        group,
        measure: async () => {
          const { seconds, results } = await press(sweepRecipe, { engine });
          const tested = (results?.points ?? []).map(({ testAccuracy = NaN }) => testAccuracy);
          return { seconds, accuracy: tested.reduce((sum, value) => sum + value, 0) / tested.length };
        },
      })),
      script('fused Adam, 1 thread', 'fused', 1, 1),
      script('fused Adam, 2 threads', 'fused', 2, 1),
      script('fused Adam, 2 processes of 1 thread', 'fused', 1, 2),
      script('SparseAdam for the rows, 1 thread', 'sparse', 1, 1),
      script('SparseAdam for the rows, 2 processes of 1 thread', 'sparse', 1, 2),
    ];
  },
};

export const startPart: Part = {
  name: 'start',
  title: 'From the command to the first training step',
  about:
    "Seconds to the first step of the deep averaging network. Ours: from GloVe's file of 142 MB and text, and from a saved model and text; the peers: import, and a table and rows in binary.",
  columns: [seconds('seconds', 2)],
  warmUp: false,
  async contestants() {
    await makeModel();
    const group = 'All cores';
    const recipes = [
      ['from word vectors', trainRecipe('small', 1)],
      ['from a model', { model, ...onSst, retrain }],
    ] as const;
    return [
      ...recipes.flatMap(([name, recipe]) =>
        engines.map((engine) => ({
          name: `ours, ${engine}, ${name}`,
          ours: true,
          group,
          measure: async () => {
            const { seconds } = await press(recipe, { engine, untilFirstStep: true });
            return { seconds };
          },
        })),
      ),
      ...['torch', 'keras'].map((library) => ({
        name: library === 'torch' ? 'torch' : 'Keras',
        ours: false,
        group,
        measure: () => runScript('start.py', [library, small], { threads: 2 }),
      })),
    ];
  },
};
