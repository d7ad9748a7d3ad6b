import { Random } from '../random.ts';
import type {
  DrawnSettings,
  RandomSearchSettings,
  ScheduleSettings,
  TrainingSettings,
} from '../recipe/recipe.ts';

/** Stream of the recipe's data seed. */
const drawStream = 11;
/** That are written of a rate or a probability. */
const digits = 3;

/**
 * The settings of a training that a random search tries (Bergstra and Bengio, JMLR 2012): the recipe's own first, then
 * draws, of the rate and the batch size evenly on a logarithmic scale, of the dropouts evenly.
 *
 * @param seeds the recipe's data seed and which of its trainings it is
 */
export function drawSettings(
  own: TrainingSettings,
  { trials, rate, batchSize, dropout, wordDropout }: RandomSearchSettings,
  ...seeds: readonly number[]
): DrawnSettings[] {
  const random = new Random(drawStream, ...seeds);
  const even = ([low, high]: readonly [number, number]): number => low + (high - low) * random.uniform();
  const logarithmic = ([low, high]: readonly [number, number]): number =>
    Math.exp(even([Math.log(low), Math.log(high)]));
  const rounded = (value: number, [low, high]: readonly [number, number]): number =>
    Math.min(high, Math.max(low, Number(value.toPrecision(digits))));
  const drawn = Array.from({ length: trials - 1 }, (): DrawnSettings => ({
    rate: rounded(logarithmic(rate), rate),
    batchSize: Math.round(logarithmic(batchSize)),
    dropout: rounded(even(dropout), dropout),
    wordDropout: rounded(even(wordDropout), wordDropout),
  }));
  return [{ ...pick(own), rate: own.schedule.rate }, ...drawn];
}

/** A training with drawn settings; a schedule's lowest rate keeps its share of the rate. */
export function withDrawn<S extends TrainingSettings>(settings: S, drawn: DrawnSettings | undefined): S {
  if (drawn === undefined) return settings;
  const { rate, ...others } = drawn;
  return { ...settings, ...others, schedule: withRate(settings.schedule, rate) };
}

function withRate(schedule: ScheduleSettings, rate: number): ScheduleSettings {
  if (!('lowerRate' in schedule)) return { ...schedule, rate };
  return { ...schedule, rate, lowerRate: (schedule.lowerRate * rate) / schedule.rate };
}

function pick({ batchSize, dropout, wordDropout }: TrainingSettings): Omit<DrawnSettings, 'rate'> {
  return { batchSize, dropout, wordDropout };
}
