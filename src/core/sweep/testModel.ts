import type { Classifier } from '../model/classifier.ts';
import { packAnswers } from '../reproduction/answers.ts';
import type { EncodedDataset } from '../text/encoded.ts';
import { outcomesOf, predictDataset, predictionsEach } from '../training/evaluate.ts';
import { accuracy, countInto, emptyConfusion, LabelCounts, macroF1 } from '../training/metrics.ts';
import type { Pause } from '../training/pause.ts';
import type { TestReport } from './runner.ts';

/** What a model answers to the test sentences. */
export async function testModel(
  model: Classifier,
  test: EncodedDataset,
  pause: Pause,
): Promise<Omit<TestReport, 'latency'>> {
  const { spec } = model;
  const confusion = emptyConfusion(outcomesOf(spec));
  const each = predictionsEach(spec);
  const byLabel = spec.head === 'multi-label' ? new LabelCounts(spec.classes) : undefined;
  const unknown = { predictions: 0, right: 0 };
  const answers: boolean[] = [];
  for await (const { batch, actual, predicted } of predictDataset(model, test, pause)) {
    countInto(confusion, actual, predicted);
    byLabel?.add(actual, predicted);
    for (let i = 0; i < batch.size; i++) {
      let right = 0;
      for (let at = i * each; at < (i + 1) * each; at++) if (predicted[at] === actual[at]) right++;
      answers.push(right === each);
      if (batch.withUnknown[i] === 0) continue;
      unknown.predictions += each;
      unknown.right += right;
    }
  }
  return {
    testAccuracy: accuracy(confusion),
    macroF1: byLabel?.macroF1() ?? macroF1(confusion),
    confusion,
    testCorrect: packAnswers(answers),
    ...(unknown.predictions > 0 && { testAccuracyUnknownWords: unknown.right / unknown.predictions }),
  };
}
