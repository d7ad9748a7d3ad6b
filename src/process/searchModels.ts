import { layerCosts, specOfPoint, totalCost } from '../core/cost/cost.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import type { Standing } from '../core/search/halving.ts';
import { search, type SearchPast } from '../core/search/search.ts';
import { standingsOf } from '../core/search/searchTracer.ts';
import { targetOf } from '../core/search/target.ts';
import { trialEpochs } from '../core/sweep/plan.ts';
import { assembleResults, referenceAccuracy } from '../core/sweep/results.ts';
import type { SearchTrace, Trial, TrialEvent, TrialResult } from '../core/sweep/trial.ts';
import type { Answers } from './protocol.ts';

/** A run's search, and what it needs of the run. */
export interface SearchedRun {
  readonly recipe: Recipe;
  /** As planned; the points are the candidates. */
  readonly trials: readonly Trial[];
  readonly prepared: Answers['prepare'];
  /** Of the trials so far, the uncompressed model's and its control's among them. */
  readonly results: () => readonly TrialResult[];
  /** Of an earlier start of the run. */
  readonly trace: SearchTrace | undefined;
  readonly jobs: number;
  readonly secondsLeft: () => number;
  /** Trains a trial until it has had so many epochs. None where it was stopped before it was measured. */
  readonly train: (trial: Trial, epochs: number) => Promise<TrialResult | undefined>;
  /** Ends what is under way, each trial with its last finished epoch. */
  readonly stop: () => void;
  readonly emit: (event: TrialEvent) => void;
}

const deadlinePollMs = 100;

/** Looks for the model that the recipe's `auto` asks for, and tells of each round and of the choice. */
export async function searchModels(run: SearchedRun): Promise<void> {
  const { recipe, trials, prepared, trace, jobs, secondsLeft, train, stop, emit } = run;
  const { preparation } = prepared;
  if (recipe.search === undefined) throw new Error('The recipe has no search.');
  const references = assembleResults(prepared, preparation, trials, run.results());
  const reference = referenceAccuracy(references, 'validationAccuracy');
  if (reference === undefined) throw new Error('The uncompressed model has no result.');
  const target = targetOf(recipe.search, reference);
  const points = new Map(trials.flatMap((trial) => (trial.kind === 'point' ? [[trial.id, trial]] : [])));
  // Nothing is left to train of a model that is only measured.
  const standing = (of: Standing): Standing => {
    const trial = points.get(of.id);
    const all = trial && trialEpochs(recipe, trial);
    return all === 0 ? { ...of, epochs: recipe.retrain.epochs } : of;
  };
  const timer = setInterval(() => {
    if (secondsLeft() <= 0) stop();
  }, deadlinePollMs);
  try {
    const { best, end } = await search({
      candidates: [...points.values()].map((trial) => ({
        id: trial.id,
        bytes: totalCost(layerCosts(specOfPoint(preparation.spec, trial), preparation.meanLength))
          .storageBytes,
      })),
      target,
      epochs: recipe.retrain.epochs,
      jobs,
      past: trace && pastOf(trace, standing),
      secondsLeft,
      train: async (id, epochs) => {
        const trial = points.get(id);
        if (trial === undefined) throw new Error(`${id} is not planned.`);
        const result = await train(trial, epochs);
        if (result === undefined) return undefined;
        const { epochs: had = 0, storageBytes: bytes, validationAccuracy } = result;
        return standing({ id, epochs: had, bytes, validationAccuracy });
      },
      onRound: (round) => {
        emit({ type: 'round', ...round, target });
      },
    });
    if (best === undefined && target.kind === 'size') {
      const text = `None of the models that can be tried has ${target.bytes} bytes or fewer.`;
      emit({ type: 'message', level: 'warning', text });
    }
    emit({ type: 'choice', ...(best && { trial: best.id }), end });
  } finally {
    clearInterval(timer);
  }
}

function pastOf(trace: SearchTrace, standing: (of: Standing) => Standing): SearchPast | undefined {
  const round = trace.rounds.at(-1);
  if (round === undefined) return undefined;
  return {
    round,
    standings: standingsOf(trace).map(standing),
    finished: new Set(round.tried.map(({ trial }) => trial)),
  };
}
