import { spread } from './spread.ts';

/** A model that a search may try. */
export interface Candidate {
  readonly id: string;
  /** Of the whole model. */
  readonly bytes: number;
}

/** How far a candidate has come. */
export interface Standing extends Candidate {
  /** Of training that it has had; all of them where it is not trained. */
  readonly epochs: number;
  /** Of its best epoch so far, the state before the first one included; in [0,1]. More epochs never lower it. */
  readonly validationAccuracy: number;
}

/** The smallest model of at least an accuracy, or the most accurate one, of at most a size or of any. */
export type Target =
  | { readonly kind: 'accuracy'; readonly floor: number }
  | { readonly kind: 'size'; readonly bytes: number }
  | { readonly kind: 'any' };

/** Candidates, the most promising first, and the epochs that each is to have had at the round's end. */
export interface Round {
  readonly epochs: number;
  readonly trials: readonly string[];
}

/** A round keeps one candidate in so many, and the next one trains it so many times as long. */
const eta = 2;

/**
 * Epochs at which candidates are compared: as they are before training, then after 1, 2, 4, …, and all of them.
 *
 * @param epochs of a whole training
 */
export function rungs(epochs: number): number[] {
  const all = [0];
  for (let rung = 1; rung < epochs; rung *= eta) all.push(rung);
  return epochs > 0 ? [...all, epochs] : all;
}

/**
 * Epochs at which settings of a training are compared: a quarter, a half, and all of them. Before, those that learn fast
 * look better than they come out.
 *
 * @param epochs of a whole training
 */
export function settingsRungs(epochs: number): number[] {
  return [...new Set([4, 2, 1].map((part) => Math.ceil(epochs / part)))];
}

/**
 * Epochs of a whole search at most: each round's share of the candidates, and the training to its end of one more, the best
 * or the one that always goes on.
 */
export function mostEpochs(candidates: number, rungs: readonly number[]): number {
  if (candidates === 0) return 0;
  const last = rungs.at(-1) ?? 0;
  return rungs.reduce(
    (sum, rung, i) => sum + (rung - (rungs[i - 1] ?? 0)) * Math.ceil(candidates / eta ** i),
    last,
  );
}

/**
 * All candidates that can be chosen, until the first rung: the largest first, then ever finer steps between it and the
 * smallest, so that a round that time cuts short has looked everywhere.
 */
export function firstRound(
  candidates: readonly Candidate[],
  target: Target,
  rungs: readonly number[],
): Round | undefined {
  const [epochs] = rungs;
  const possible = candidates.filter(({ bytes }) => target.kind !== 'size' || bytes <= target.bytes);
  const trials = spread([...possible].sort((a, b) => b.bytes - a.bytes || byId(a, b)));
  return epochs === undefined || trials.length === 0
    ? undefined
    : { epochs, trials: trials.map(({ id }) => id) };
}

/**
 * The round after another one: successive halving (Jamieson and Talwalkar, AISTATS 2016). Those of the last round that
 * may still become the best are ranked by accuracy, and the better half of the round's number goes on. Where an accuracy
 * is to be kept these are the ones smaller than the best so far, which itself is trained to its end in a round of its own
 * once no smaller one is left.
 *
 * @param standings of all that were tried, those of the last round among them; what it did not come to is out
 * @param always a candidate that goes on in any case
 */
export function nextRound(
  last: Round,
  standings: readonly Standing[],
  target: Target,
  rungs: readonly number[],
  always?: string,
): Round | undefined {
  const epochs = rungs.at(-1) ?? 0;
  const best = bestOf(standings, target);
  const open = standings.filter(
    (one) =>
      last.trials.includes(one.id) &&
      one.epochs < epochs &&
      (target.kind !== 'accuracy' || best === undefined || one.bytes < best.bytes),
  );
  const next = rungs.find((rung) => rung > last.epochs);
  if (next !== undefined && open.length > 0) {
    const count = Math.ceil(last.trials.length / eta);
    const kept = [...open].sort(byAccuracy).filter(({ id }, place) => place < count || id === always);
    return { epochs: next, trials: kept.map(({ id }) => id) };
  }
  return best === undefined || best.epochs >= epochs ? undefined : { epochs, trials: [best.id] };
}

/** The best of what was tried, none where none meets the target; of equals the smaller or more accurate one. */
export function bestOf<S extends Standing>(standings: readonly S[], target: Target): S | undefined {
  return target.kind === 'accuracy'
    ? standings.filter((one) => one.validationAccuracy >= target.floor).sort(bySize)[0]
    : standings.filter(({ bytes }) => target.kind === 'any' || bytes <= target.bytes).sort(byAccuracy)[0];
}

function bySize(a: Standing, b: Standing): number {
  return a.bytes - b.bytes || b.validationAccuracy - a.validationAccuracy || byId(a, b);
}

function byAccuracy(a: Standing, b: Standing): number {
  return b.validationAccuracy - a.validationAccuracy || a.bytes - b.bytes || byId(a, b);
}

function byId(a: Candidate, b: Candidate): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
