import { wholeTables } from '../core/checkpoint/graph/tables.ts';
import { resolve } from 'node:path';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { planTrials, totalEpochs } from '../core/sweep/plan.ts';
import { createTrialRunner } from '../core/sweep/sweepRunner.ts';
import { checkOutput, writtenBy } from '../process/finishedModels.ts';
import { exitCode, type ExitCode } from './exitCode.ts';

/** Reads all that a run would read; trains and writes nothing. */
export async function validateCommand(
  recipePath: string,
  { json }: { readonly json: boolean },
): Promise<ExitCode> {
  const recipe = await readRecipe(resolve(recipePath));
  const runner = createTrialRunner({ recipe, engine: 'wasm' });
  try {
    const { warnings, spec, ...data } = await runner.prepare();
    const { rows: vocabulary, dimension } = spec.embedding;
    const plan = planTrials(recipe, vocabulary, dimension, wholeTables(spec.body));
    if (recipe.output !== undefined) {
      await checkOutput(recipe.output, plan.trials.filter(writtenBy(recipe)));
    }
    if (json) {
      console.log(
        JSON.stringify({
          trials: plan.trials.length,
          ...data,
          vocabulary,
          dimension,
          warnings: [...warnings, ...plan.warnings],
        }),
      );
      return exitCode.done;
    }
    const { train, validation, test, classes, embeddingShare } = data;
    console.log(`Sentences: ${train} to train, ${validation} to validate, ${test} to test`);
    console.log(`Labels: ${classes.join(', ')}`);
    console.log(
      `Embedding: ${vocabulary} x ${dimension}, ${(100 * embeddingShare).toFixed(1)} % of the parameters`,
    );
    console.log(`${plan.trials.length} trials, ${totalEpochs(recipe, plan.trials)} epochs`);
    for (const text of [...warnings, ...plan.warnings]) console.log(`Note: ${text}`);
  } finally {
    runner.dispose();
  }
  return exitCode.done;
}
