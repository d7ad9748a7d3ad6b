import { resolve } from 'node:path';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { planTrials, totalEpochs } from '../core/sweep/plan.ts';
import { createTrialRunner } from '../core/sweep/sweepRunner.ts';
import { checkOutput } from '../process/finishedModels.ts';

/**
 * `validate RECIPE`: reads all that a run would read, and trains and writes nothing.
 *
 * @param wasmFolder where the engine's .wasm files are
 * @throws UserError whatever the run would find wrong before its first trial
 */
export async function validate(recipePath: string, wasmFolder: string): Promise<string> {
  const recipe = await readRecipe(resolve(recipePath));
  const runner = await createTrialRunner({ recipe, engine: 'wasm', wasmFolder });
  try {
    const { warnings, ...data } = await runner.prepare();
    const plan = planTrials(recipe, data.vocabulary, data.dimension);
    if (recipe.output !== undefined) await checkOutput(recipe.output, plan.trials);
    return [
      `Sentences: ${data.train} to train, ${data.validation} to validate, ${data.test} to test.`,
      `Labels: ${data.classes.join(', ')}`,
      `Embedding: ${data.vocabulary} x ${data.dimension}, ${(100 * data.embeddingShare).toFixed(1)} % of the parameters.`,
      `Models to make: ${plan.trials.length}, ${totalEpochs(recipe, plan.trials)} epochs in all.`,
      ...[...warnings, ...plan.warnings].map((text) => `Warning: ${text}`),
    ].join('\n');
  } finally {
    runner.dispose();
  }
}
