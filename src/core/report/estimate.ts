import { wholeTables } from '../checkpoint/graph/tables.ts';
import { readCheckpoint } from '../checkpoint/folder.ts';
import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import { specOfPoint } from '../cost/cost.ts';
import type { Engine } from '../engine/engine.ts';
import { Classifier } from '../model/classifier.ts';
import { initialWeights } from '../model/initialize.ts';
import { logitGradient } from '../model/loss.ts';
import { binaryGradient, targetsOf } from '../model/multiLabelLoss.ts';
import { Random } from '../random.ts';
import { mostEpochs } from '../search/halving.ts';
import { usesGradient } from '../embedding/factorize.ts';
import type { Recipe, TrainingSettings } from '../recipe/recipe.ts';
import { prepareData, type PreparedData } from '../sweep/prepare.ts';
import { planSearches, planTrials, trialEpochs } from '../sweep/plan.ts';
import { isPoint, newSpec } from '../sweep/startingModels.ts';
import type { Trial } from '../sweep/trial.ts';
import { trainingBatches } from '../text/batches.ts';
import { meanLength } from '../text/encoded.ts';
import { makespan } from './makespan.ts';
import { latencySeconds } from './latency.ts';
import { measureCompression } from './measureCompression.ts';
import { measurePace, type Pace } from './measureSteps.ts';

/** A recipe's trials and what they would take. */
export interface MeasuredPlan {
  readonly data: PreparedData;
  readonly trials: readonly Trial[];
  readonly warnings: readonly string[];
  readonly seconds: number;
  /** The uncompressed model's. */
  readonly spec: ModelSpec;
  /** Mean tokens of a sentence. */
  readonly meanLength: number;
}

/**
 * Plans a recipe and measures a few training steps of its models, and each method of compression once.
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
  const { trials, warnings } = planTrials(recipe, rows, dimension, wholeTables(dense.body));
  const compression = await compressionSeconds(recipe, data, trials, dense);
  const training = trialSeconds(recipe, engine, data, trials, dense);
  const secondsOf = (trial: Trial): number => training(trial) + compression.secondsOf(trial);
  const run = runSeconds(recipe, trials, secondsOf, jobs);
  return {
    data,
    trials,
    warnings: [...data.warnings, ...warnings, ...compression.warnings, ...run.warnings],
    // The other workers take the data from the first one.
    seconds: reading + run.seconds,
    spec: dense,
    meanLength: meanLength(data.validation),
  };
}

/**
 * Seconds in which a run's process and its first worker start, one after the other: each takes about as long as this
 * process, where it has just created its engine.
 */
export function startSeconds(): number {
  return (2 * performance.now()) / 1000;
}

/** Searches end with their last round or with the time, and not before the uncompressed model and its control are there. */
function runSeconds(
  recipe: Recipe,
  trials: readonly Trial[],
  secondsOf: (trial: Trial) => number,
  jobs: number,
): { readonly seconds: number; readonly warnings: readonly string[] } {
  const searches = planSearches(recipe, trials);
  const searched = new Set(searches.flatMap((search) => search.trials));
  const others = makespan(
    trials.filter((trial) => !searched.has(trial)),
    secondsOf,
    jobs,
  );
  const searching = searches.reduce((sum, { trials: among, rungs }) => {
    const whole = among.reduce((seconds, trial) => seconds + secondsOf(trial), 0);
    const share = mostEpochs(among.length, rungs) / Math.max(1, among.length * (rungs.at(-1) ?? 0));
    return sum + (share * whole) / jobs;
  }, 0);
  const left = Math.max(0, 60 * (recipe.search?.minutes ?? Infinity) - others);
  return {
    seconds: others + Math.min(searching, left),
    warnings:
      searching <= left
        ? []
        : [
            `A whole search takes about ${Math.ceil(searching)} s. The uncompressed model and its control, which ` +
              `take ${Math.ceil(others)} s, leave it ${Math.floor(left)} s of compress.minutes.`,
          ],
  };
}

/** Seconds of compressing for each trial: measured with the first point of each kind that an entry of the recipe has. */
async function compressionSeconds(
  { compress }: Recipe,
  data: PreparedData,
  trials: readonly Trial[],
  dense: ModelSpec,
): Promise<{ readonly secondsOf: (trial: Trial) => number; readonly warnings: readonly string[] }> {
  const kindOf = ({ entry, metric, coding }: Trial): string =>
    `${entry ?? ''} ${metric ?? ''} ${coding?.kind ?? ''}`;
  const measured = new Map<string, number>();
  const unfinished = new Set<string>();
  for (const trial of trials) {
    const kind = kindOf(trial);
    const settings = trial.entry === undefined ? undefined : compress[trial.entry];
    if (!isPoint(trial) || settings === undefined || measured.has(kind)) continue;
    const { seconds, whole } = await measureCompression(dense, trial, settings, data);
    measured.set(kind, seconds);
    if (!whole) unfinished.add(settings.method);
  }
  return {
    secondsOf: (trial) => measured.get(kindOf(trial)) ?? 0,
    warnings: [...unfinished].map(
      (method) =>
        `Compressing with ${method} takes some seconds a model, of which the first three are counted.`,
    ),
  };
}

/** Seconds of training and testing each trial. */
function trialSeconds(
  recipe: Recipe,
  engine: Engine,
  data: PreparedData,
  trials: readonly Trial[],
  dense: ModelSpec,
): (trial: Trial) => number {
  const { train, retrain } = recipe;
  const paceOf = (phase: TrainingSettings): ((trial: Trial) => Pace) =>
    paces(trials, (spec) => measurePace(engine, spec, phase, data), dense);
  const retraining = paceOf(retrain);
  const training = train === undefined ? retraining : paceOf(train);
  const [validation, test] = [data.validation.sentences, data.test?.sentences ?? 0];
  const gradients = trials.some(needsGradients) ? gradientSeconds(engine, dense, data) : 0;
  const parents = new Set<string>();
  return (trial) => {
    const { steps, sentence } = (trial.from === undefined ? training : retraining)(trial);
    const epochs = trialEpochs(recipe, trial);
    // It is validated before its first epoch, too.
    const tested = (1 + epochs) * validation + test;
    const timed = trial.seed === retrain.seeds[0] ? latencySeconds : 0;
    // A worker takes the gradients of a parent once and keeps them.
    const first = needsGradients(trial) && trial.from !== undefined && !parents.has(trial.from);
    if (first) parents.add(trial.from);
    return epochs * steps + tested * sentence + timed + (first ? gradients : 0);
  };
}

function needsGradients({ metric }: Trial): boolean {
  return metric !== undefined && usesGradient(metric);
}

/**
 * The pace of each trial: measured once for the uncompressed model, and for the largest and the smallest rank
 * of each kind of coding, between which it is taken to be linear.
 */
function paces(
  trials: readonly Trial[],
  measure: (spec: ModelSpec) => Pace,
  dense: ModelSpec,
): (trial: Trial) => Pace {
  const measured = new Map<string, Pace>();
  const at = (trial: Partial<Trial>, rank: number | undefined): Pace => {
    const { rank: _rank, ...rest } = trial;
    const key = `${trial.coding?.kind ?? ''} ${trial.dimension ?? ''} ${rank ?? ''}`;
    const pace =
      measured.get(key) ?? measure(specOfPoint(dense, { ...rest, ...(rank !== undefined && { rank }) }));
    measured.set(key, pace);
    return pace;
  };
  return (trial) => {
    const { rank } = trial;
    if (rank === undefined) return at(trial, undefined);
    const ranks = trials
      .filter(({ coding }) => coding?.kind === trial.coding?.kind)
      .flatMap((other) => other.rank ?? []);
    const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
    const low = at(trial, least);
    if (most === least) return low;
    const high = at(trial, most);
    const share = (rank - least) / (most - least);
    const between = (of: keyof Pace): number => low[of] + share * (high[of] - low[of]);
    return { steps: between('steps'), sentence: between('sentence') };
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
      spec.head === 'multi-label'
        ? binaryGradient(workspace, probability, targetsOf(batch, spec.classes), 1)
        : logitGradient(workspace, probability, batch.labels, spec.head, 1),
    );
    ms = performance.now() - started;
  }
  const passes = spec.classes <= 6 ? spec.classes : 1;
  return (passes * ms * Math.ceil(train.sentences / batch.size)) / 1000;
}
