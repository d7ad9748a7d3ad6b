import { resolve } from 'node:path';
import { createEngine } from '../core/engine/createEngine.ts';
import type { EngineName } from '../core/engine/engine.ts';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { measurePlan, startSeconds } from '../core/report/estimate.ts';
import type { Estimate } from '../core/report/reports.ts';
import { planSearches, totalEpochs } from '../core/sweep/plan.ts';
import { bytesToWrite } from '../process/checkRoom.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { shownDuration } from './text.ts';

/** What a run of the recipe would take. */
export async function estimateCommand(
  recipePath: string,
  options: { readonly json: boolean; readonly engine: EngineName | 'auto'; readonly jobs: number },
): Promise<ExitCode> {
  const { jobs, json } = options;
  const recipe = await readRecipe(resolve(recipePath));
  const engine = createEngine(options.engine);
  const starting = startSeconds();
  const { data, trials, warnings, seconds, spec, meanLength } = await measurePlan(recipe, engine, jobs);
  const searched = planSearches(recipe, trials);
  const bytes = bytesToWrite({ trials, finished: new Set(), spec, meanLength, jobs, searched });
  const estimate: Estimate = {
    trials: trials.length,
    epochs: totalEpochs(recipe, trials),
    seconds: starting + seconds,
    diskBytes: bytes.checkpoints + bytes.models,
    jobs,
    engine: engine.name,
    sentences: {
      train: data.train.sentences,
      validation: data.validation.sentences,
      test: data.test?.sentences ?? 0,
    },
    warnings,
  };
  if (json) console.log(JSON.stringify(estimate));
  else print(estimate);
  return exitCode.done;
}

function print({ trials, epochs, seconds, diskBytes, jobs, engine, warnings }: Estimate): void {
  console.log(`${trials} models, ${epochs} epochs`);
  console.log(`About ${shownDuration(seconds)} with the ${engine} engine, ${jobs} at once`);
  console.log(`Up to ${Math.ceil(diskBytes / 1e6).toLocaleString('en-US')} MB of disk`);
  for (const text of warnings) console.log(`Note: ${text}`);
}
