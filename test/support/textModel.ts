import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import type { TextLayer } from '../../src/core/checkpoint/keras/textLayer.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import { randomCheckpoint } from './randomCheckpoint.ts';

export const words = ['', '[UNK]', 'good', 'bad', 'film'];
export const config = {
  name: 'vectors',
  trainable: true,
  max_tokens: 20,
  standardize: 'lower_and_strip_punctuation',
  split: 'whitespace',
  ngrams: null,
  output_mode: 'int',
  output_sequence_length: 4,
};

/** A DAN of Keras whose first layer reads text; two rows of its table have no word. */
export function textModel(textLayer: Partial<TextLayer> = {}): Checkpoint {
  return {
    ...randomCheckpoint({
      embedding: { rows: 7, dimension: 3 },
      body: { kind: 'dan', hidden: [] },
      head: 'softmax',
      classes: 2,
      masked: true,
    }),
    vocabulary: [...words, '<row 5>', '<row 6>'],
    text: {
      ...textDefaults,
      tokenizer: 'text-vectorization',
      truncation: 'right',
      outOfVocabularyToken: '[UNK]',
      maxLength: 4,
    },
    labels: ['no', 'yes'],
    textLayer: { config, wordsInConfig: false, inputShape: [null], ...textLayer },
  };
}
