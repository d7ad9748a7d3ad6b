import type { ModelSpec } from '../core/checkpoint/checkpoint.ts';
import { layerCosts, specOfPoint, totalCost } from '../core/cost/cost.ts';
import type { Standing, Target } from '../core/search/halving.ts';
import { search, type SearchPast } from '../core/search/search.ts';
import { standingsOf } from '../core/search/searchTracer.ts';
import type { PlannedSearch } from '../core/sweep/plan.ts';
import type { SearchTrace, Trial, TrialEvent, TrialResult } from '../core/sweep/trial.ts';

/** A search of a run. */
export interface TrialSearch extends PlannedSearch {
  readonly target: Target;
}

/** What a search needs of its run. */
export interface SearchedRun {
  /** The uncompressed model's. */
  readonly spec: ModelSpec;
  readonly meanLength: number;
  /** Of an earlier start of the run. */
  readonly trace: SearchTrace | undefined;
  readonly jobs: number;
  /** None: it ends with its last round. */
  readonly secondsLeft?: () => number;
  /** Epochs that a trial can have. */
  readonly epochsOf: (trial: Trial) => number;
  /** Trains a trial until it has had so many epochs. None where it was stopped before it was measured. */
  readonly train: (trial: Trial, epochs: number) => Promise<TrialResult | undefined>;
  /** Ends what is under way, each trial with its last finished epoch. */
  readonly stop: () => void;
  readonly emit: (event: TrialEvent) => void;
}

const deadlinePollMs = 100;

/** Searches, and tells of each round and of the choice. */
export async function searchTrials(
  { name, target, rungs, trials, always }: TrialSearch,
  run: SearchedRun,
): Promise<void> {
  const { trace, jobs, secondsLeft, train, stop, emit } = run;
  const byId = new Map(trials.map((trial) => [trial.id, trial]));
  // Nothing is left to train of a model that is only measured.
  const standing = (of: Standing): Standing => {
    const trial = byId.get(of.id);
    return trial && run.epochsOf(trial) === 0 ? { ...of, epochs: rungs.at(-1) ?? 0 } : of;
  };
  const timer = setInterval(() => {
    if (secondsLeft && secondsLeft() <= 0) stop();
  }, deadlinePollMs);
  try {
    const { best, end } = await search({
      candidates: trials.map((trial) => ({
        id: trial.id,
        bytes: totalCost(layerCosts(specOfPoint(run.spec, trial), run.meanLength)).storageBytes,
      })),
      target,
      rungs,
      ...(always !== undefined && { always }),
      jobs,
      past: trace && pastOf(trace, standing),
      ...(secondsLeft && { secondsLeft }),
      train: async (id, until) => {
        const trial = byId.get(id);
        if (trial === undefined) throw new Error(`${id} is not planned.`);
        const result = await train(trial, until);
        if (result === undefined) return undefined;
        const { epochs = 0, storageBytes: bytes, validationAccuracy } = result;
        return standing({ id, epochs, bytes, validationAccuracy });
      },
      onRound: (round) => {
        emit({ type: 'round', search: name, ...round, target });
      },
    });
    if (best === undefined && target.kind === 'size') {
      const text = `None of the models that can be tried has ${target.bytes} bytes or fewer.`;
      emit({ type: 'message', level: 'warning', text });
    }
    emit({ type: 'choice', search: name, ...(best && { trial: best.id }), end });
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
