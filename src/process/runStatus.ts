import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { saidBy, UserError, type SaidError } from '../core/errors.ts';
import { isRunLocked } from './runLock.ts';
import { parseFrozenRecipe, readFrozenRecipe, runFolders, runPaths } from './runFolder.ts';
import { damagedRun, readRunJson } from './runJson.ts';

/** `interrupted` is never written: it is a running or paused state whose process is gone. */
export type RunState = 'running' | 'paused' | 'done' | 'failed' | 'cancelled' | 'interrupted';

/** Whether the run's process is there: it is running, or it waits to be told to go on. */
export function isGoing(state: RunState): state is 'running' | 'paused' {
  return state === 'running' || state === 'paused';
}

export interface TrialStatus {
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'done';
  /** Epochs finished. */
  readonly epoch: number;
  readonly epochs: number;
}

/** Why a run failed, as a UserError says it. */
export interface RunError extends SaidError {
  /** True: the input is at fault. False: the program or the machine is. */
  readonly badInput: boolean;
}

/** status.json. Times are milliseconds since 1970. */
export interface RunStatus {
  /** The run folder's name. */
  readonly run: string;
  /** The recipe's name. */
  readonly recipe: string;
  readonly recipePath: string;
  readonly state: RunState;
  /** The supervisor's. */
  readonly pid: number;
  /** Empty until the engine has started. */
  readonly engine: string;
  readonly startedAt: number;
  readonly updatedAt: number;
  /** Seconds of work, pauses left out. */
  readonly workSeconds?: number;
  /** Over all trials. */
  readonly epochsDone: number;
  /** 0 while the plan is not known. */
  readonly epochsTotal: number;
  readonly remainingSeconds?: number;
  readonly trials: readonly TrialStatus[];
  /** Folder of the finished models, once they are written. */
  readonly models?: string;
  readonly error?: RunError;
}

export interface Run {
  readonly folder: string;
  readonly status: RunStatus;
}

/**
 * status.json as it was written, or undefined where there is none yet.
 * @throws UserError `damaged-run`
 */
export async function readWrittenStatus(folder: string): Promise<RunStatus | undefined> {
  return readRunJson<RunStatus>(runPaths(folder).status);
}

/**
 * Where a run stands.
 * @throws UserError `no-run` where the folder is no run's, `damaged-run`
 */
export async function readStatus(folder: string): Promise<RunStatus> {
  const written = await readWrittenStatus(folder);
  if (written === undefined) return unstarted(folder);
  if (!isGoing(written.state) || (await isRunLocked(folder))) return written;
  // It may have ended between the two looks.
  const again = (await readWrittenStatus(folder)) ?? written;
  return isGoing(again.state) ? { ...again, state: 'interrupted' } : again;
}

/**
 * Where a run stands, for who shows it: one whose status is damaged has failed, and its error says what is damaged.
 * @throws UserError `no-run` where the folder is no run's
 */
export async function statusToShow(folder: string): Promise<RunStatus> {
  try {
    return await readStatus(folder);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== damagedRun) throw error;
    return damaged(folder, error);
  }
}

/** The runs in a folder of runs, newest first, those with a damaged status, too. */
export async function listRuns(runsFolder: string): Promise<Run[]> {
  const folders = await runFolders(runsFolder);
  const runs = await Promise.all(
    folders.map(async (run) => {
      try {
        return [{ folder: run, status: await statusToShow(run) }];
      } catch (error) {
        if (error instanceof UserError) return [];
        throw error;
      }
    }),
  );
  return runs.flat();
}

async function damaged(folder: string, error: UserError): Promise<RunStatus> {
  const { mtimeMs: updatedAt } = await stat(error.place?.file ?? folder);
  const begun = await stat(runPaths(folder).recipe).catch(() => undefined);
  const frozen = await readFrozenRecipe(folder).catch(() => undefined);
  return {
    ...nothingDone(folder, begun?.mtimeMs ?? updatedAt),
    updatedAt,
    recipe: basename(dirname(folder)),
    recipePath: frozen?.path ?? '',
    state: (await isRunLocked(folder)) ? 'running' : 'failed',
    error: { ...saidBy(error), badInput: true },
  };
}

/** Whether `statusToShow` has found a status that is damaged. */
export function isDamaged(status: RunStatus): status is RunStatus & { readonly error: RunError } {
  return status.error?.code === damagedRun;
}

/** A supervisor that has not written its first status after this time never started. */
const startingMs = 10_000;

/** A run whose supervisor is starting, or never came to it. */
async function unstarted(folder: string): Promise<RunStatus> {
  const frozen = await readFrozenRecipe(folder);
  const { mtimeMs } = await stat(runPaths(folder).recipe);
  return {
    ...nothingDone(folder, mtimeMs),
    recipe: (await parseFrozenRecipe(frozen)).name,
    recipePath: frozen.path,
    state: Date.now() - mtimeMs < startingMs ? 'running' : 'interrupted',
  };
}

/** Of a run of which no progress is known. */
function nothingDone(folder: string, startedAt: number): Omit<RunStatus, 'recipe' | 'recipePath' | 'state'> {
  return {
    run: basename(folder),
    pid: 0,
    engine: '',
    startedAt,
    updatedAt: startedAt,
    epochsDone: 0,
    epochsTotal: 0,
    trials: [],
  };
}
