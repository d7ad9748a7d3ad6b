import { UserError } from '../core/errors.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import type { Trial } from '../core/sweep/trial.ts';
import { EventTail } from './eventLog.ts';
import { parseFrozenRecipe, readFrozenRecipe, runPaths } from './runFolder.ts';
import { readStatus, type RunStatus } from './runStatus.ts';

/** What is to be known of a run to look at its models. */
export interface RunOfTrials {
  readonly folder: string;
  readonly recipe: Recipe;
  readonly status: RunStatus;
  /** The run's own; where TensorFlow has gone since, the other gives the same figures but for rounding. */
  readonly engine: 'wasm' | 'auto';
  /** As planned. */
  readonly trials: readonly Trial[];
}

/**
 * Reads a run with its plan.
 * @throws UserError `no-run`, `no-plan`
 */
export async function readRunTrials(folder: string): Promise<RunOfTrials> {
  const frozen = await readFrozenRecipe(folder);
  const status = await readStatus(folder);
  const events = await new EventTail(runPaths(folder).events).read();
  const plan = events.find((event) => event.type === 'plan');
  if (plan === undefined) {
    throw new UserError(
      'no-plan',
      'The run has not planned its models yet.',
      'Wait until it has read the data.',
      {
        file: folder,
      },
    );
  }
  const engine = (status.engine || frozen.engine) === 'wasm' ? 'wasm' : 'auto';
  return { folder, recipe: await parseFrozenRecipe(frozen), status, engine, trials: plan.trials };
}

/**
 * One trial that has left a checkpoint.
 * @throws UserError `no-trial`, `unfinished-trial`
 */
export function finishedTrial({ trials, status, folder }: RunOfTrials, id: string): Trial {
  const trial = trials.find((other) => other.id === id);
  if (trial === undefined) {
    throw new UserError('no-trial', `The run has no model '${id}'.`, 'Name one that its table shows.', {
      file: folder,
    });
  }
  if (status.trials.find((other) => other.id === id)?.state !== 'done') {
    throw new UserError('unfinished-trial', `The model '${id}' is not finished.`, 'Wait until it is.', {
      file: folder,
    });
  }
  return trial;
}
