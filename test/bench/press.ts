import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Results } from '../../src/core/sweep/trial.ts';
import { dataFolder, dimension, parts, vectorsPath } from './data.ts';
import { scripts } from './workers.ts';

export interface PressOptions {
  readonly engine: 'tensorflow' | 'wasm';
  /** Trials at once; by default as many as there are cores. */
  readonly jobs?: number;
  /** Ends the run at its first step. */
  readonly untilFirstStep?: boolean;
  /** Looks for the workers' memory all the time, which takes some of the processor's. */
  readonly watchesMemory?: boolean;
}

export interface PressRun {
  /** From the command to the last line, or to the first training step. */
  readonly seconds: number;
  /** The largest resident set that one worker had, where it was watched. */
  readonly peakBytes: number;
  readonly results: Results | undefined;
  /** Bytes of the files of each finished model. */
  readonly modelBytes: ReadonlyMap<string, number>;
}

/** A recipe on SST-2 with the bench's vocabulary and without dropout, which the peers have none of. */
export function trainRecipe(vocabulary: 'small' | 'large', epochs: number): Record<string, unknown> {
  return {
    train: {
      architecture: 'dan',
      embedding: { dimension, vectors: vectorsPath },
      epochs,
      dropout: 0,
      wordDropout: 0,
    },
    vocabulary: join(dataFolder, vocabulary, 'vocabulary.txt'),
    ...onSst,
  };
}

const source = ({ path, format }: { path: string; format: string }): object => ({ path, format });

/** The data and how it is read. */
export const onSst = {
  text: { tokenizer: 'whitespace' },
  data: {
    train: source(parts.train),
    validation: source(parts.validation),
    test: source(parts.test),
  },
};

/** Runs a recipe by the command line as it ships, in a folder that is removed after. */
export async function press(recipe: Record<string, unknown>, options: PressOptions): Promise<PressRun> {
  await mkdir(dataFolder, { recursive: true });
  const folder = await mkdtemp(join(dataFolder, 'run-'));
  try {
    const path = join(folder, 'bench.press.json');
    await writeFile(path, JSON.stringify(recipe));
    return await runCli(path, folder, options);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function runCli(recipe: string, folder: string, options: PressOptions): Promise<PressRun> {
  const { engine, jobs, untilFirstStep = false, watchesMemory = false } = options;
  const args = [join(scripts, 'cli.cjs'), 'run', recipe, '--json', '--engine', engine];
  if (jobs !== undefined) args.push('--jobs', String(jobs));
  let peakBytes = 0;
  const watch =
    watchesMemory &&
    setInterval(() => {
      void peakOfWorkers(folder).then((bytes) => (peakBytes = Math.max(peakBytes, bytes)));
    }, 50);
  const started = performance.now();
  let elapsed = NaN;
  let last = '{}';
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (!untilFirstStep || !Number.isNaN(elapsed) || !line.includes('"type":"step"')) continue;
    elapsed = performance.now() - started;
    child.kill('SIGINT');
  }
  if (Number.isNaN(elapsed)) elapsed = performance.now() - started;
  if (watch) clearInterval(watch);
  const end = JSON.parse(last) as { type?: string; models?: string };
  const results = end.type === 'results' ? (end as unknown as Results) : undefined;
  if (results === undefined && !untilFirstStep)
    throw new Error(`The run of ${recipe} gave no results: ${errors}`);
  const modelBytes = end.models === undefined ? new Map<string, number>() : await sizes(end.models);
  return { seconds: elapsed / 1000, peakBytes, results, modelBytes };
}

/** The highest VmHWM of the processes that work on runs in a folder. */
async function peakOfWorkers(folder: string): Promise<number> {
  const peaks = (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(async (id) => {
      try {
        const command = await readFile(`/proc/${id}/cmdline`, 'utf8');
        if (!command.includes('worker.cjs') || !command.includes(folder)) return 0;
        const status = await readFile(`/proc/${id}/status`, 'utf8');
        return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0);
      } catch {
        // It has ended meanwhile.
        return 0;
      }
    });
  return Math.max(...(await Promise.all(peaks)));
}

async function sizes(models: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const model of await readdir(models)) {
    const files = await readdir(join(models, model));
    const stats = await Promise.all(files.map((file) => stat(join(models, model, file))));
    found.set(
      model,
      stats.reduce((sum, { size }) => sum + size, 0),
    );
  }
  return found;
}
