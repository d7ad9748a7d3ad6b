import { join } from 'node:path';
import { dataFolder } from '../data.ts';
import { threadGroup, type Contestant, type Part } from '../part.ts';
import type { Library, Workers } from '../workers.ts';

const folder = join(dataFolder, 'small');
const rank = 9;
const forms = [
  ['dense', {}],
  ['factorized', { rank }],
  ['folded', { dimension: rank }],
] as const;
const contenders: readonly (readonly [name: string, library: Library, request: object])[] = [
  ['ours, tensorflow', 'ours', { engine: 'tensorflow' }],
  ['ours, wasm', 'ours', { engine: 'wasm' }],
  ['torch', 'torch', {}],
];

function contestants(workers: Workers, model: string, threads: number): Contestant[] {
  return forms.flatMap(([form, shape]) =>
    contenders.map(([name, library, request]) => ({
      name: `${name}, ${form}`,
      ours: library === 'ours',
      form,
      group: `${model.toUpperCase()}, ${threadGroup(threads)}`,
      measure: async () => {
        const worker = workers.of(library, threads);
        const asked = { run: 'predict', model, folder, ...request, ...shape };
        const { microseconds = NaN } = await worker.ask({ ...asked, size: 1 });
        const { rate = NaN } = await worker.ask({ ...asked, size: 256 });
        return { microseconds, rate };
      },
    })),
  );
}

export const inferencePart: Part = {
  name: 'inference',
  title: 'Inference',
  about: `From a sentence's table rows to its probabilities: the median latency of single sentences, and sentences a second in batches of 256 of like length. Factorized at rank ${rank}, a reduction of 0.9; folded means that B is multiplied into the kernel that follows. torch is eager, in inference mode; ratios are to torch in the same form.`,
  columns: [
    { key: 'microseconds', title: 'µs at batch 1', digits: 0, better: 'lower' },
    { key: 'rate', title: 'sentences/s at batch 256 (higher is better)', digits: 0, better: 'higher' },
  ],
  warmUp: true,
  contestants: (workers) =>
    ['dan', 'lstm'].flatMap((model) => [1, 2].flatMap((threads) => contestants(workers, model, threads))),
};
