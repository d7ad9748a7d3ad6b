import { finishedTrials } from '../process/finishedTrials.ts';
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
        return [{ run, results: await finishedTrials(folder) }];
      }),
    );
    return read.flat();
  }
}

/** The keys in a page's state, which may be anything. */
export function comparedOf(state: unknown): string[] {
  const { compared } = (state ?? {}) as { compared?: unknown };
  if (!Array.isArray(compared)) return [];
  return compared.filter((key) => typeof key === 'string');
}
