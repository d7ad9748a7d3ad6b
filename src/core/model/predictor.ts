import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Engine } from '../engine/engine.ts';
import { UserError } from '../errors.ts';
import { textDefaults } from '../recipe/defaults.ts';
import { evaluationBatches } from '../text/batches.ts';
import { encodeText, padSentences } from '../text/encode.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { Classifier } from './classifier.ts';

export interface Prediction {
  /** The most probable label. */
  readonly label: string;
  /** In the order of the model's classes. */
  readonly probabilities: readonly { readonly label: string; readonly probability: number }[];
  readonly tokens: number;
  /** Of these the ones that have no row of their own. */
  readonly unknownTokens: number;
}

/**
 * Classifies texts with a checkpoint, read as its training data was. Classes without labels are called by their
 * position; without text settings a recipe's defaults hold.
 *
 * @throws UserError `no-vocabulary` where words are to be read and no vocabulary lies beside the model.
 */
export function createPredictor(checkpoint: Checkpoint, engine: Engine): (text: string) => Prediction {
  const { spec, vocabulary, text: settings = textDefaults } = checkpoint;
  if (settings.tokenizer !== 'ids' && vocabulary === undefined) {
    throw new UserError(
      'no-vocabulary',
      'There is no vocabulary beside the model, so its rows have no words.',
      'Put vocabulary.txt beside it, one word for each row.',
    );
  }
  const words = vocabulary && new Vocabulary(vocabulary, settings.outOfVocabularyToken);
  const encoding = { text: settings, rows: spec.embedding.rows, ...(words !== undefined && { words }) };
  const model = new Classifier(engine, spec, checkpoint.weights);
  return (text) => {
    const { ids, tokens, unknown } = encodeText(text, encoding);
    const sentence = {
      ids: Int32Array.from(ids),
      offsets: Int32Array.of(0, ids.length),
      labels: Int32Array.of(0),
      withUnknown: Uint8Array.of(0),
      lines: Int32Array.of(1),
    };
    const padded = spec.masked ? sentence : padSentences(sentence, settings.maxLength, settings.padding);
    const [batch] = evaluationBatches(padded, 1);
    if (batch === undefined) throw new Error('A sentence makes a batch.');
    const probabilities = Array.from(model.predict(batch).data, (probability, i) => ({
      label: checkpoint.labels?.[i] ?? String(i),
      probability,
    }));
    const best = probabilities.reduce((a, b) => (b.probability > a.probability ? b : a));
    return { label: best.label, probabilities, tokens, unknownTokens: Math.min(unknown, tokens) };
  };
}
