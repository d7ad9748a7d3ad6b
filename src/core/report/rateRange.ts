import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Engine } from '../engine/engine.ts';
import { wholeTables } from '../checkpoint/graph/tables.ts';
import { Classifier } from '../model/classifier.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { planTrials } from '../sweep/plan.ts';
import { prepareData } from '../sweep/prepare.ts';
import { StartingModels } from '../sweep/startingModels.ts';
import type { Trial } from '../sweep/trial.ts';
import { createPause } from '../training/pause.ts';
import { rateBounds } from '../training/rateBounds.ts';
import { rateRangeTest } from '../training/rateRangeTest.ts';
import type { RateRange } from './reports.ts';

/**
 * A range test of the learning rate in the phase that a recipe begins with: of training for a new model, of retraining
 * for a loaded one, at the smallest rank where the recipe compresses it.
 *
 * @throws UserError as the run itself would
 */
export async function rateRange(recipe: Recipe, engine: Engine): Promise<RateRange> {
  const pause = createPause();
  const models = new StartingModels(recipe, engine, pause);
  const data = await prepareData(recipe, await models.loaded());
  const startOf = (trial: Trial, parent?: Checkpoint): Promise<Checkpoint> => {
    const loadBest = (): Promise<Checkpoint> =>
      parent ? Promise.resolve(parent) : Promise.reject(new Error(`'${trial.id}' has no parent.`));
    return models.of(trial, { loadBest }, data, () => undefined);
  };
  const seed = recipe.retrain.seeds[0] ?? 1;
  const baseline: Trial = { id: 'baseline', kind: 'baseline', seed };
  let trial = baseline;
  let start = await startOf(baseline);
  if (recipe.model !== undefined) {
    const { rows, dimension } = start.spec.embedding;
    const { trials } = planTrials(recipe, rows, dimension, wholeTables(start.spec.body));
    const first = trials.find((planned) => planned.kind === 'point')?.series;
    trial = trials.findLast((planned) => planned.kind === 'point' && planned.series === first) ?? baseline;
    if (trial !== baseline) start = await startOf(trial, start);
  }
  const settings = recipe.train ?? recipe.retrain;
  const model = new Classifier(engine, start.spec, start.weights, settings.optimizer, {
    trainable: settings.trainable,
    used: data.used,
  });
  const { rates, losses } = await rateRangeTest(model, settings, data.train, seed, pause);
  const bounds = rateBounds(rates, losses);
  return { trial: trial.id, optimizer: settings.optimizer.name, rates, losses, ...(bounds && { bounds }) };
}
