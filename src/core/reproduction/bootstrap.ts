import { Random } from '../random.ts';

/** A mean difference with the interval that holds it in 95 of 100 resamples. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const resamples = 2000;

/**
 * The paired bootstrap over test sentences (Efron and Tibshirani, 1993, chapter 16; Koehn, EMNLP 2004): sentences are
 * drawn with replacement, and both models are scored on the same ones.
 *
 * @param differences of each sentence the first model's share of right answers over the seeds less the second's
 */
export function pairedBootstrap(differences: Float64Array, seed = 1): Interval {
  const count = differences.length;
  if (count === 0) throw new RangeError('The bootstrap needs a sentence at least.');
  const random = new Random(seed, 11);
  const draws = new Uint32Array(count);
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    random.fill(draws);
    let sum = 0;
    for (const draw of draws) sum += differences[Math.floor((draw / 2 ** 32) * count)]!;
    means[i] = sum / count;
  }
  means.sort();
  const at = (share: number): number => means[Math.round(share * (resamples - 1))]!;
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  return { mean, low: at(0.025), high: at(0.975) };
}

/**
 * Sentence by sentence the share of right answers over several models.
 * @param correct of each model 1 or 0 for each sentence, all equally long
 */
export function shareCorrect(correct: readonly Uint8Array[]): Float64Array {
  const shares = new Float64Array(correct[0]?.length ?? 0);
  for (const answers of correct) {
    if (answers.length !== shares.length) throw new RangeError('Models were tested on different sentences.');
    for (let i = 0; i < shares.length; i++) shares[i]! += answers[i]! / correct.length;
  }
  return shares;
}
