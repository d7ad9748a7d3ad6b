import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Results, RunEvent, TrialResult } from '../../src/core/sweep/trial.ts';
import { followRun } from '../../src/process/followRun.ts';
import { resumeRun, startRun, type StartedRun } from '../../src/process/launcher.ts';
import { runPaths } from '../../src/process/runFolder.ts';
import { readStatus, type RunStatus } from '../../src/process/runStatus.ts';
import type { FakeSettings } from './fakeRunner.ts';

const recipe = {
  train: { architecture: 'dan', hidden: [8], embedding: { dimension: 8 }, epochs: 3 },
  data: {
    train: { path: 'train.tsv', format: 'tsv' },
    test: { path: 'test.tsv', format: 'tsv' },
  },
  compress: { metric: 'task', ranks: [1, 4] },
  retrain: { epochs: 3, seeds: [1, 2] },
};

export type RecipeChange = (json: Record<string, unknown>) => void;

/** A recipe and two small files of data that a DAN learns. */
export async function writeRecipe(folder: string, change: RecipeChange = () => undefined): Promise<string> {
  const json = structuredClone(recipe) as Record<string, unknown>;
  change(json);
  const path = join(folder, 'tiny.press.json');
  await writeFile(path, JSON.stringify(json, undefined, 2));
  await writeFile(join(folder, 'train.tsv'), sentences(300));
  await writeFile(join(folder, 'test.tsv'), sentences(60));
  return path;
}

function sentences(count: number): string {
  const words = { pos: ['good', 'great', 'fine'], neg: ['bad', 'awful', 'poor'] };
  const others = ['the', 'film', 'plot', 'actor', 'scene', 'is'];
  const rows = Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? 'pos' : 'neg';
    const rest = [i, 7 * i, i >> 2].map((at) => others[at % others.length]);
    return `${label}\t${[...rest, words[label][(i >> 1) % 3]].join(' ')}`;
  });
  return ['label\ttext', ...rows, ''].join('\n');
}

export interface FakeRun extends StartedRun {
  readonly folder: string;
}

/** Starts the recipe with the fake worker, 2 jobs. */
export async function startFake(
  scripts: string,
  folder: string,
  settings: Partial<FakeSettings>,
  change?: RecipeChange,
): Promise<FakeRun> {
  process.env.PRESS_FAKE = JSON.stringify({ epochs: 3, epochMs: 20, ...settings });
  const path = await writeRecipe(folder, change);
  return { folder, ...(await startRun(path, { engine: 'auto', jobs: 2, scripts })) };
}

export async function resumeFake(
  scripts: string,
  runFolder: string,
  settings: Partial<FakeSettings>,
): Promise<RunStatus> {
  process.env.PRESS_FAKE = JSON.stringify({ epochs: 3, epochMs: 20, ...settings });
  await resumeRun(runFolder, { jobs: 2, scripts });
  return followRun(runFolder, () => undefined);
}

export async function waitFor(
  runFolder: string,
  condition: (status: RunStatus) => boolean,
  timeoutMs = 15_000,
): Promise<RunStatus> {
  for (const latest = Date.now() + timeoutMs; Date.now() < latest;) {
    const status = await readStatus(runFolder);
    if (condition(status)) return status;
    await delay(20);
  }
  throw new Error(`The run did not come to it: ${JSON.stringify(await readStatus(runFolder))}`);
}

export async function readEvents(runFolder: string): Promise<RunEvent[]> {
  const text = await readFile(runPaths(runFolder).events, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
}

export async function readResults(runFolder: string): Promise<Results> {
  return JSON.parse(await readFile(runPaths(runFolder).results, 'utf8')) as Results;
}

/** All figures of a run but those that time changes, by trial. */
export async function figures(runFolder: string): Promise<Record<string, Partial<TrialResult>>> {
  const { baseline, control, points } = await readResults(runFolder);
  const all = [...(baseline?.seeds ?? []), ...(control?.seeds ?? []), ...points];
  return Object.fromEntries(all.map(({ trial, latency, ...result }) => [trial, { ...result, seconds: 0 }]));
}

/** Paths of what is only half there, below a folder. */
export async function unfinishedFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.tmp') || /\.json\.\d+$/.test(name));
}
