import { readCheckpoint } from '../checkpoint/folder.ts';
import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import { layerCosts } from '../cost/cost.ts';
import type { Engine } from '../engine/engine.ts';
import { Classifier } from '../model/classifier.ts';
import { initialWeights } from '../model/initialize.ts';
import { logitGradient } from '../model/loss.ts';
import { Random } from '../random.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { prepareData, type PreparedData } from '../sweep/prepare.ts';
import { planTrials } from '../sweep/plan.ts';
import { newSpec } from '../sweep/startingModels.ts';
import type { LayerCost, Trial } from '../sweep/trial.ts';
import { trainingBatches } from '../text/batches.ts';
import { meanLength } from '../text/encoded.ts';
import { makespan } from './makespan.ts';
import { measureEpoch } from './measureSteps.ts';

/** A recipe's trials and what they would take. */
export interface MeasuredPlan {
  readonly data: PreparedData;
  readonly trials: readonly Trial[];
  readonly warnings: readonly string[];
  readonly seconds: number;
  /** Of the uncompressed model and of each rank. */
  readonly costs: (rank: number | undefined) => readonly LayerCost[];
}

/**
 * Plans a recipe and measures a few training steps of its models: of the uncompressed one, and of the largest and the
 * smallest rank, between which an epoch's time is taken to be linear.
 *
 * @param jobs trials at once
 * @throws UserError as the run itself would: for the data, the model, and ranks
 */
export async function measurePlan(recipe: Recipe, engine: Engine, jobs: number): Promise<MeasuredPlan> {
  const started = performance.now();
  const checkpoint =
    recipe.model === undefined ? undefined : await readCheckpoint(recipe.model, recipe.architecture);
  const data = await prepareData(recipe, checkpoint);
  const reading = (performance.now() - started) / 1000;
  const dense = checkpoint?.spec ?? newSpec(recipe, data);
  const { rows, dimension } = dense.embedding;
  const { trials, warnings } = planTrials(recipe, rows, dimension);
  const ofRank = (rank: number | undefined): ModelSpec =>
    rank === undefined ? dense : { ...dense, embedding: { rows, dimension, rank } };

  const secondsOf = trialSeconds(recipe, engine, data, trials, ofRank);
  const tokens = meanLength(data.validation);
  return {
    data,
    trials,
    warnings: [...data.warnings, ...warnings],
    // The other workers take the data from the first one.
    seconds: reading + makespan(trials, secondsOf, jobs),
    costs: (rank) => layerCosts(ofRank(rank), tokens),
  };
}

function trialSeconds(
  recipe: Recipe,
  engine: Engine,
  data: PreparedData,
  trials: readonly Trial[],
  ofRank: (rank: number | undefined) => ModelSpec,
): (trial: Trial) => number {
  const { train, retrain } = recipe;
  const training =
    train === undefined ? 0 : train.epochs * measureEpoch(engine, ofRank(undefined), train, data);
  const ranks = [...new Set(trials.flatMap(({ rank }) => rank ?? []))].sort((a, b) => a - b);
  const [least, most] = [ranks[0], ranks.at(-1)];
  if (least === undefined || most === undefined) return () => training;
  const epochAt = (rank: number | undefined): number => measureEpoch(engine, ofRank(rank), retrain, data);
  const control = epochAt(undefined);
  const low = epochAt(least);
  const high = most === least ? low : epochAt(most);
  const slope = most === least ? 0 : (high - low) / (most - least);
  const gradients = trials.some(({ metric }) => metric === 'task')
    ? gradientSeconds(engine, ofRank(undefined), data)
    : 0;
  const parents = new Set<string>();
  return ({ kind, rank, metric, from }) => {
    if (kind === 'baseline') return training;
    if (kind === 'control' || rank === undefined) return retrain.epochs * control;
    // A worker takes the gradients of a parent once and keeps them.
    const first = metric === 'task' && from !== undefined && !parents.has(from);
    if (first) parents.add(from);
    return retrain.epochs * (low + slope * (rank - least)) + (first ? gradients : 0);
  };
}

/** Seconds of the pass over the training data that the metric `task` needs, from one batch. */
function gradientSeconds(engine: Engine, spec: ModelSpec, { train }: PreparedData): number {
  const { rows, dimension } = spec.embedding;
  const model = new Classifier(engine, spec, initialWeights(spec, new Float32Array(rows * dimension), 1));
  const [batch] = trainingBatches(train, 256, new Random(1));
  if (batch === undefined) return 0;
  let ms = 0;
  for (let pass = 0; pass < 3; pass++) {
    const started = performance.now();
    model.vectorGradients(batch, (probability, workspace) =>
      logitGradient(workspace, probability, batch.labels, spec.head, 1),
    );
    ms = performance.now() - started;
  }
  const passes = spec.classes <= 6 ? spec.classes : 1;
  return (passes * ms * Math.ceil(train.sentences / batch.size)) / 1000;
}
