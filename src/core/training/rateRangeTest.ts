import type { Classifier } from '../model/classifier.ts';
import { Random } from '../random.ts';
import type { TrainingSettings } from '../recipe/recipe.ts';
import { trainingBatches } from '../text/batches.ts';
import type { Batch, EncodedDataset } from '../text/encoded.ts';
import type { Pause } from './pause.ts';

const steps = 300;
const [lowestRate, highestRate] = [1e-6, 1];
/** Times the first losses; beyond, nothing comes back. */
const explosion = 4;
/** Losses that are averaged to tell an explosion from chance. */
const recent = 5;

/**
 * Smith's range test: a few hundred steps, whose rate rises exponentially from 1e-6 to 1. Ends where the loss explodes.
 *
 * @param model is trained, and of no more use afterwards
 */
export async function rateRangeTest(
  model: Classifier,
  { batchSize, dropout, wordDropout }: TrainingSettings,
  train: EncodedDataset,
  seed: number,
  pause: Pause,
): Promise<{ readonly rates: readonly number[]; readonly losses: readonly number[] }> {
  const drop = { units: dropout, words: wordDropout, random: new Random(seed, 3) };
  const rates: number[] = [];
  const losses: number[] = [];
  let first = 0;
  for (const batch of endlessBatches(train, batchSize, seed)) {
    const rate = lowestRate * (highestRate / lowestRate) ** (losses.length / (steps - 1));
    const loss = model.trainStep(batch, rate, drop);
    if (!Number.isFinite(loss)) break;
    rates.push(rate);
    losses.push(loss);
    const last = losses.slice(-recent).reduce((a, b) => a + b, 0);
    if (losses.length === recent) first = last;
    if (losses.length === steps || (losses.length > recent && last > explosion * first)) break;
    await pause();
  }
  return { rates, losses };
}

/** The batches of one epoch after the other. */
function* endlessBatches(train: EncodedDataset, batchSize: number, seed: number): Generator<Batch> {
  for (let epoch = 0; ; epoch++) yield* trainingBatches(train, batchSize, new Random(seed, 2, epoch));
}
