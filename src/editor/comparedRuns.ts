import { readFile } from 'node:fs/promises';
import type { Results, TrialResult } from '../core/sweep/trial.ts';
import { EventTail } from '../process/eventLog.ts';
import { runPaths } from '../process/runFolder.ts';
import type { ComparedRun } from './panelProtocol.ts';
import type { RunStore } from './runStore.ts';

/** The runs that a panel shows beside its own. */
export class ComparedRuns {
  readonly #runs: RunStore;
  readonly #folders = new Set<string>();

  constructor(runs: RunStore) {
    this.#runs = runs;
  }

  has(folder: string): boolean {
    return this.#folders.has(folder);
  }

  add(folders: readonly string[]): void {
    for (const folder of folders) this.#folders.add(folder);
  }

  remove(folder: string): void {
    this.#folders.delete(folder);
  }

  /** What is known of each; one that is gone is left out. */
  async read(): Promise<ComparedRun[]> {
    const read = await Promise.all(
      [...this.#folders].map(async (folder) => {
        const status = this.#runs.statusOf(folder) ?? (await this.#runs.read(folder));
        if (status === undefined) return [];
        const run = { key: folder, recipe: status.recipe, startedAt: status.startedAt };
        return [{ run, results: await finishedResults(folder) }];
      }),
    );
    return read.flat();
  }
}

/** With the test figures, where the run has come to its end. */
async function finishedResults(folder: string): Promise<TrialResult[]> {
  const text = await readFile(runPaths(folder).results, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    const { baseline, control, points } = JSON.parse(text) as Results;
    return [...(baseline?.seeds ?? []), ...(control?.seeds ?? []), ...points];
  }
  const events = await new EventTail(runPaths(folder).events).read();
  const results = new Map<string, TrialResult>();
  for (const event of events) if (event.type === 'result') results.set(event.result.trial, event.result);
  return [...results.values()];
}

/** The keys in a page's state, which may be anything. */
export function comparedOf(state: unknown): string[] {
  const { compared } = (state ?? {}) as { compared?: unknown };
  if (!Array.isArray(compared)) return [];
  return compared.filter((key) => typeof key === 'string');
}
