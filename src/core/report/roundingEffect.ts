import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Engine } from '../engine/engine.ts';
import { Classifier } from '../model/classifier.ts';
import type { PreparedData } from '../sweep/prepare.ts';
import { evaluate } from '../training/evaluate.ts';
import { accuracy } from '../training/metrics.ts';
import type { RoundingEffect } from './modelCard.ts';

/**
 * The accuracy of a model before and after its weights were rounded.
 *
 * @param after read back from its file
 * @param part the test data, or the validation data where the recipe has no test data
 * @param pause called after each batch
 */
export async function roundingEffect(options: {
  readonly data: PreparedData;
  readonly before: Checkpoint;
  readonly after: Pick<Checkpoint, 'spec' | 'weights'>;
  readonly part: RoundingEffect['part'];
  readonly engine: Engine;
  readonly pause: () => Promise<void>;
}): Promise<RoundingEffect> {
  const { before, after, engine, pause } = options;
  const { validation, test } = options.data;
  const part = test === undefined ? 'validation' : options.part;
  const data = part === 'test' && test !== undefined ? test : validation;
  const score = async ({ spec, weights }: Pick<Checkpoint, 'spec' | 'weights'>): Promise<number> =>
    accuracy(await evaluate(new Classifier(engine, spec, weights), data, pause));
  return { part, sentences: data.sentences, before: await score(before), after: await score(after) };
}
