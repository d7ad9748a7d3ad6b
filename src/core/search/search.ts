import {
  bestOf,
  firstRound,
  nextRound,
  type Candidate,
  type Round,
  type Standing,
  type Target,
} from './halving.ts';

/** A search that was stopped and goes on. */
export interface SearchPast {
  /** The last one that had begun. */
  readonly round: Round;
  /** Of all that were tried. */
  readonly standings: readonly Standing[];
  /** Those that the round is done with. */
  readonly finished: ReadonlySet<string>;
}

export interface Search {
  readonly candidates: readonly Candidate[];
  readonly target: Target;
  /** Epochs at which candidates are compared: see `rungs`. */
  readonly rungs: readonly number[];
  /** A candidate that goes on from round to round in any case. */
  readonly always?: string;
  /** Candidates at once. */
  readonly jobs: number;
  readonly past?: SearchPast | undefined;
  /** None: it ends with its last round. */
  readonly secondsLeft?: () => number;
  /** Trains a candidate until it has had so many epochs. None where it was stopped before it was measured. */
  readonly train: (id: string, epochs: number) => Promise<Standing | undefined>;
  readonly onRound: (round: Round) => void;
}

export interface Found {
  /** None where nothing that was tried meets the target. */
  readonly best: Standing | undefined;
  readonly end: 'complete' | 'time';
}

/**
 * Searches by successive halving until no candidate is left that could be better, or the time is over. Each round has an
 * equal share of the time that is left: when that is over it begins with no other candidate. Those that it did not come to
 * wait until no round is left, and have rounds of their own then. What is under way when all the time is over is the caller's to stop.
 */
export async function search(options: Search): Promise<Found> {
  const { candidates, target, rungs, always, past, secondsLeft, onRound } = options;
  const best = (): Standing | undefined => bestOf([...standings.values()], target);
  const standings = new Map(past?.standings.map((standing) => [standing.id, standing]));
  let finished = past?.finished ?? new Set<string>();
  let round = past?.round ?? firstRound(candidates, target, rungs);
  if (round !== undefined && past === undefined) onRound(round);
  while (round !== undefined) {
    await runRound(round, finished, standings, options);
    if (secondsLeft !== undefined && secondsLeft() <= 0) return { best: best(), end: 'time' };
    const untried = candidates.filter(({ id }) => !standings.has(id));
    round =
      nextRound(round, [...standings.values()], target, rungs, always) ??
      firstRound(stillBetter(untried, best(), target), target, rungs);
    if (round !== undefined) onRound(round);
    finished = new Set();
  }
  return { best: best(), end: 'complete' };
}

async function runRound(
  { trials, epochs }: Round,
  finished: ReadonlySet<string>,
  standings: Map<string, Standing>,
  { rungs, jobs, secondsLeft, train }: Search,
): Promise<void> {
  const waiting = trials.filter((id) => !finished.has(id));
  const left = secondsLeft?.() ?? 0;
  const later = rungs.filter((rung) => rung > epochs).length;
  const reserved = left * (later / (later + 1));
  let begun = finished.size;
  const isOver = (): boolean =>
    secondsLeft !== undefined && secondsLeft() <= (begun === 0 ? 0 : Math.max(0, reserved));
  const work = async (): Promise<void> => {
    while (!isOver()) {
      const id = waiting.shift();
      if (id === undefined) return;
      begun++;
      const standing = await train(id, epochs);
      if (standing !== undefined) standings.set(id, standing);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

/** Without those that are no smaller than the best, where the smallest is wanted. */
function stillBetter(
  candidates: readonly Candidate[],
  best: Standing | undefined,
  { kind }: Target,
): readonly Candidate[] {
  return candidates.filter(({ bytes }) => kind !== 'accuracy' || best === undefined || bytes < best.bytes);
}
