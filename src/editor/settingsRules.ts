import { availableParallelism } from 'node:os';

export interface Settings {
  readonly engine: 'auto' | 'tensorflow' | 'wasm';
  /** Models trained at once, at least 1. */
  readonly jobs: number;
  /** Of each of them. */
  readonly threads: number;
}

/** A value that no setting may have, and what counts instead. */
export interface SettingProblem {
  readonly setting: string;
  readonly value: unknown;
  readonly expected: string;
  readonly instead: string | number;
}

const engines = ['auto', 'tensorflow', 'wasm'] as const;
const most = 64;

/**
 * The settings out of what settings.json holds, which need not be what the manifest allows: VS Code marks a wrong
 * value, and hands it over.
 */
export function checkSettings(
  get: (name: string) => unknown,
  cores = availableParallelism(),
): { readonly settings: Settings; readonly problems: readonly SettingProblem[] } {
  const problems: SettingProblem[] = [];
  const wholeNumber = (setting: string, least: number, instead: number): number => {
    const value = get(setting);
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    if (value !== undefined) {
      problems.push({ setting, value, expected: `a whole number from ${least} to ${most}`, instead });
    }
    return instead;
  };
  const value = get('engine');
  const engine = engines.find((name) => name === value) ?? 'auto';
  if (value !== undefined && value !== engine) {
    problems.push({ setting: 'engine', value, expected: engines.join(', '), instead: engine });
  }
  const threads = wholeNumber('threads', 1, 1);
  const parallelRuns = wholeNumber('parallelRuns', 0, 0);
  // One core stays the user's.
  const jobs = parallelRuns > 0 ? parallelRuns : Math.max(1, Math.floor((cores - 1) / threads));
  return { settings: { engine, jobs, threads }, problems };
}
