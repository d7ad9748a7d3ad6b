import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import { tablesOf } from '../checkpoint/graph/tables.ts';
import type { PointSettings } from '../compression/method.ts';
import { methodOf } from '../compression/methods.ts';
import type { CompressSettings } from '../recipe/recipe.ts';
import type { PreparedData } from '../sweep/prepare.ts';
import { createPause, Hold, StoppedError } from '../training/pause.ts';
import { randomWeights } from './measureSteps.ts';

/** An estimate does not wait longer for a method. */
const mostMs = 3000;

export interface CompressionTime {
  readonly seconds: number;
  /** False where it was stopped before it was done. */
  readonly whole: boolean;
}

/**
 * How long a method takes to compress a model with random weights, without the gradients that it may ask for.
 *
 * @param spec the uncompressed model
 * @throws UserError as the method does
 */
export async function measureCompression(
  spec: ModelSpec,
  point: PointSettings,
  settings: CompressSettings,
  data: PreparedData,
): Promise<CompressionTime> {
  const { text, vocabulary, labels } = data;
  const parent = { spec, weights: randomWeights(spec), text, vocabulary, labels };
  const identities = new Map(tablesOf(spec).map(({ name, dimension }) => [name, identityOf(dimension)]));
  const hold = new Hold();
  const timer = setTimeout(() => {
    hold.stop();
  }, mostMs);
  const started = performance.now();
  let whole = true;
  try {
    await methodOf(settings).compress(parent, point, settings, {
      seed: 1,
      data,
      pause: createPause(hold),
      gradientCovariances: () => Promise.resolve(identities),
      kept: (_, compute) => compute(),
      warn: () => undefined,
    });
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    whole = false;
  } finally {
    clearTimeout(timer);
  }
  return { seconds: (performance.now() - started) / 1000, whole };
}

function identityOf(n: number): Float64Array {
  return Float64Array.from({ length: n ** 2 }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
}
