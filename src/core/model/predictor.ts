import type { Checkpoint, ModelSpec } from '../checkpoint/checkpoint.ts';
import {
  checkInputLength,
  checkWords,
  inputLength,
  inputNames,
  inputRows,
  textLayouts,
} from '../checkpoint/graph/inputLength.ts';
import type { Engine } from '../engine/engine.ts';
import { UserError, type Place } from '../errors.ts';
import { textDefaults } from '../recipe/defaults.ts';
import { padSentence, sentenceEncoder } from '../text/encode.ts';
import type { Batch } from '../text/encoded.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { Classifier } from './classifier.ts';
import { isGiven } from './multiLabelLoss.ts';

export interface Prediction {
  /** The most probable label; of a model of several labels a sentence all that it gives, joined by `|`, or none. */
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
 * @param place of the model, for errors
 * @returns a function of a text, or of as many as the model takes, in the order of its inputs; it throws UserError
 * `text-count` where there are more or fewer
 * @throws UserError `input-length` for text settings that are another model's, `no-vocabulary` where words are to be read and no vocabulary lies beside the model.
 */
export function createPredictor(
  checkpoint: Checkpoint,
  engine: Engine,
  place?: Place,
): (...texts: readonly string[]) => Prediction {
  const { spec, vocabulary } = checkpoint;
  const settings = checkpoint.text ?? {
    ...textDefaults,
    maxLength: inputLength(spec) ?? textDefaults.maxLength,
  };
  checkInputLength(spec, settings.maxLength, place);
  if (settings.tokenizer !== 'ids' && vocabulary === undefined) {
    throw new UserError(
      'no-vocabulary',
      'There is no vocabulary beside the model, so its rows have no words.',
      'Put vocabulary.txt beside it, one word for each row.',
      place,
    );
  }
  if (vocabulary !== undefined && settings.tokenizer !== 'ids') checkWords(spec, vocabulary.length, place);
  const words = vocabulary && new Vocabulary(vocabulary, settings.outOfVocabularyToken);
  const layouts = textLayouts(spec, settings.maxLength);
  const encode = sentenceEncoder({
    text: settings,
    rows: inputRows(spec)[0]!,
    ...(words !== undefined && { words }),
    layouts,
  });
  const model = new Classifier(engine, spec, checkpoint.weights);
  return (...texts) => {
    checkCount(texts.length, spec);
    const { ids, tokens, unknown } = encode(texts);
    const isWhole = spec.masked || layouts !== undefined;
    const read = isWhole ? Int32Array.from(ids) : padSentence(ids, settings.maxLength, settings.padding);
    const probabilities = Array.from(model.predict(batchOfOne(read)).data, (probability, i) => ({
      label: checkpoint.labels?.[i] ?? String(i),
      probability,
    }));
    return {
      label: labelOf(spec, probabilities),
      probabilities,
      tokens,
      unknownTokens: Math.min(unknown, tokens),
    };
  };
}

function checkCount(texts: number, spec: ModelSpec): void {
  const names = inputNames(spec);
  if (texts === (names?.length ?? 1)) return;
  const were = texts === 1 ? '1 was given' : `${texts} were given`;
  throw names === undefined
    ? new UserError('text-count', `The model takes one text, and ${were}.`, 'Put the text in quotes.')
    : new UserError(
        'text-count',
        `The model takes ${names.length} texts, and ${were}.`,
        `Give one for each input, in this order: ${names.map((name) => `'${name}'`).join(', ')}.`,
      );
}

function labelOf({ head }: ModelSpec, probabilities: Prediction['probabilities']): string {
  if (head === 'multi-label') {
    const given = probabilities.filter(({ probability }) => isGiven(probability));
    return given.map(({ label }) => label).join('|');
  }
  return probabilities.reduce((a, b) => (b.probability > a.probability ? b : a)).label;
}

function batchOfOne(ids: Int32Array): Batch {
  return {
    size: 1,
    length: ids.length,
    ids,
    lengths: Int32Array.of(ids.length),
    labels: Int32Array.of(0),
  };
}
