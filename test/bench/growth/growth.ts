import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from '../data.ts';
import type { Measures } from '../lineWorker.ts';
import { startWorker } from '../workers.ts';
import { axes, base, quickAxes, type Size } from './axes.ts';
import { writeGrowth, type Measured } from './report.ts';
import { writeSentences, writeVocabulary } from './texts.ts';

export const growthName = 'growth';

/**
 * Measures the work and the memory of a whole run against each size of its input, and writes them with their curves to
 * FOLDER/growth. Each run has a process of its own.
 */
export async function measureGrowth(
  folder: string,
  quick: boolean,
  tell: (text: string) => void,
): Promise<void> {
  const measured: Measured[] = [];
  const known = new Map<string, Measures>();
  for (const axis of quick ? quickAxes() : axes) {
    const points = [];
    for (const value of axis.values) {
      const size = { ...base, [axis.of]: value };
      const key = JSON.stringify(size);
      const measures = known.get(key) ?? (await measureRun(size));
      known.set(key, measures);
      points.push({ value, measures });
      tell(`growth: ${axis.of} ${value}: ${shown(measures)}`);
    }
    measured.push({ axis, points });
  }
  for (const line of await writeGrowth(join(folder, growthName), measured)) tell(line);
}

function shown(measures: Measures): string {
  return Object.entries(measures)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
    .join(', ');
}

async function measureRun(size: Size): Promise<Measures> {
  await mkdir(dataFolder, { recursive: true });
  const folder = await mkdtemp(join(dataFolder, 'growth-'));
  const worker = startWorker('ours', 1);
  try {
    const recipe = join(folder, 'growth.press.json');
    await writeVocabulary(join(folder, 'words.txt'), size.words);
    await writeSentences(join(folder, 'sentences.tsv'), size);
    await writeFile(recipe, JSON.stringify(recipeOf(size)));
    return await worker.ask({ run: growthName, recipe, folder });
  } finally {
    await worker.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One epoch of each phase, on nine tenths of the sentences. */
function recipeOf({ dimension, rank }: Size): object {
  return {
    train: { architecture: 'dan', embedding: { dimension }, epochs: 1 },
    vocabulary: 'words.txt',
    data: {
      train: { path: 'sentences.tsv', format: 'tsv' },
      validation: { fraction: 0.05 },
      test: { fraction: 0.05 },
    },
    compress: { metric: ['task'], ranks: [rank] },
    retrain: { epochs: 1 },
  };
}
