import { availableParallelism } from 'node:os';
import * as vscode from 'vscode';

export interface Settings {
  readonly engine: 'auto' | 'tensorflow' | 'wasm';
  /** Models trained at once, at least 1. */
  readonly jobs: number;
}

/** The settings as they are now; nothing keeps them, so that a change counts from the next run on. */
export function readSettings(): Settings {
  const settings = vscode.workspace.getConfiguration('embeddingPress');
  const engine = settings.get<string>('engine');
  const parallelRuns = settings.get<number>('parallelRuns', 0);
  return {
    engine: engine === 'tensorflow' || engine === 'wasm' ? engine : 'auto',
    // One core stays the user's.
    jobs: parallelRuns >= 1 ? Math.floor(parallelRuns) : Math.max(1, availableParallelism() - 1),
  };
}
