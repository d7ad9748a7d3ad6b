import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from './data.ts';
import { median } from './median.ts';
import type { Measures } from './lineWorker.ts';
import { startWorker } from './workers.ts';
import { writeFormatted } from './writeFormatted.ts';

export const stepsName = 'steps';

const models = ['dan', 'lstm'] as const;
const ranks = [undefined, 9] as const;
const engines = ['wasm', 'tensorflow'] as const;
/** Of the whole step: what takes less is put together. */
const leastShare = 0.01;

/**
 * Measures where the time of a training step goes, on one thread, and writes it to FOLDER/steps.md: the kernels and the
 * products by the time that they take, how fast the products are, and what the step would take at the least.
 */
export async function measureSteps(
  folder: string,
  repetitions: number,
  tell: (text: string) => void,
): Promise<void> {
  const parts = [
    '# Where a training step goes',
    'Written by `npm run bench -- steps`: SST-2 with GloVe vectors of 100 dimensions, batches of 64, Adam, one thread, ' +
      `medians of ${repetitions} epochs in processes of their own. What is under a hundredth of a step is put together; ` +
      'what no kernel does is copies and the code between. The floor of a step is what its products take at the rate of ' +
      'a product of 512 x 512 matrices, and what its rows and moments take at the rate of a copy of 64 MB, both by the best ' +
      'of 20 on the same engine.',
  ];
  for (const model of models) {
    for (const rank of ranks) {
      for (const engine of engines) {
        const runs: Measures[] = [];
        for (let i = 0; i < repetitions; i++) {
          const worker = startWorker('ours', 1);
          try {
            const small = join(dataFolder, 'small');
            runs.push(
              await worker.ask({ run: stepsName, engine, model, folder: small, ...(rank && { rank }) }),
            );
          } finally {
            await worker.close();
          }
        }
        const title = `${model.toUpperCase()}, ${rank === undefined ? 'dense' : `rank ${rank}`}, ${engine}`;
        const table = tableOf(runs);
        tell(`${title}\n${table}\n`);
        parts.push(`## ${title}`, table);
      }
    }
  }
  await mkdir(folder, { recursive: true });
  await writeFormatted(join(folder, 'steps.md'), parts.join('\n\n'));
}

function tableOf(runs: readonly Measures[]): string {
  const [first = {}] = runs;
  const figure = (name: string): number => median(runs.map((run) => run[name] ?? 0));
  const steps = figure('total calls');
  const total = figure('total seconds');
  const names = Object.keys(first).flatMap((key) => /^(.*) seconds$/.exec(key)?.[1] ?? []);
  const kernels = names
    .filter((name) => name !== 'total')
    .map((name) => ({
      name,
      calls: figure(`${name} calls`) / steps,
      seconds: figure(`${name} seconds`),
      flops: figure(`${name} flops`),
    }))
    .sort((a, b) => b.seconds - a.seconds);
  const large = kernels.filter(({ seconds }) => seconds >= leastShare * total);
  const small = kernels.filter(({ seconds }) => seconds < leastShare * total);
  const sum = (of: readonly { readonly seconds: number }[]): number =>
    of.reduce((seconds, kernel) => seconds + kernel.seconds, 0);
  const row = (name: string, calls: string, seconds: number, flops = 0): string =>
    `| ${name} | ${calls} | ${((1000 * seconds) / steps).toFixed(3)} | ${((100 * seconds) / total).toFixed(0)} % | ` +
    `${flops > 0 ? (flops / seconds / 1e9).toFixed(0) : ''} |`;
  return [
    floorOf(figure, kernels, steps, total),
    '',
    '| | calls a step | ms a step | share | GFLOP/s |',
    '| :-- | --: | --: | --: | --: |',
    ...large.map(({ name, calls, seconds, flops }) => row(name, calls.toFixed(0), seconds, flops)),
    row('other kernels', '', sum(small)),
    row('no kernel', '', total - sum(kernels)),
    row('**a step**', '', total),
  ].join('\n');
}

/** What the step's arithmetic and its values' way through memory would take by themselves. */
function floorOf(
  figure: (name: string) => number,
  kernels: readonly { readonly flops: number }[],
  steps: number,
  total: number,
): string {
  const flops = kernels.reduce((sum, kernel) => sum + kernel.flops, 0);
  const [moved, peakFlops, peakBytes] = [figure('moved bytes'), figure('peak flops'), figure('peak bytes')];
  const floor = flops / peakFlops + moved / peakBytes;
  return (
    `Floor: ${(flops / steps / 1e6).toFixed(1)} MFLOP of products at ${(peakFlops / 1e9).toFixed(0)} GFLOP/s and ` +
    `${(moved / steps / 1e6).toFixed(2)} MB of embedding and Adam at ${(peakBytes / 1e9).toFixed(1)} GB/s make ` +
    `${((1000 * floor) / steps).toFixed(3)} ms; the step takes ${(total / floor).toFixed(1)} times that.`
  );
}
