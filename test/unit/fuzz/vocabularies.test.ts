import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../../src/core/checkpoint/settings.ts';
import { textDefaults } from '../../../src/core/recipe/defaults.ts';
import type { TextSettings } from '../../../src/core/recipe/recipe.ts';
import { encodeText, padSentence } from '../../../src/core/text/encode.ts';
import { readTokenizer, Vocabulary } from '../../../src/core/text/vocabulary.ts';
import { fuzz } from '../../support/fuzz.ts';
import { mutated, mutatedJson } from '../../support/mutate.ts';
import { config } from '../../support/textModel.ts';
import { kerasTokenizer, wordLevel } from '../../support/tokenizers.ts';

const index = { '<pad>': 0, '<unk>': 1, the: 2, film: 3, "don't": 4, 日本: 5 };
const ofKeras = {
  class_name: 'Tokenizer',
  config: {
    ...kerasTokenizer,
    num_words: 5,
    word_index: JSON.stringify({ '<OOV>': 1, the: 2, film: 3, "don't": 4, rare: 5 }),
  },
};
const ofHuggingFace = {
  ...wordLevel,
  truncation: { direction: 'Left', max_length: 4, strategy: 'LongestFirst', stride: 0 },
  padding: { direction: 'Left', pad_id: 0 },
};
const ofOurs = {
  formatVersion: 1,
  text: { ...textDefaults, maxLength: 4 },
  labels: ['no', 'yes'],
  textLayer: { config, wordsInConfig: false, inputShape: [null] },
};

const list = Buffer.from(Object.keys(index).join('\n') + '\n');

describe('fuzz: vocabularies and tokenizers', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-fuzz-'));
    await mkdir(join(folder, 'own'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Reads sentences with what a file says of them. */
  function encode(words: readonly string[], text: Partial<TextSettings>): void {
    const settings = { ...textDefaults, ...text };
    const encoding = { text: settings, words: new Vocabulary(words, settings.outOfVocabularyToken) };
    for (const sentence of ["Don't go_on!? The FILM 日本", '', 'a'.repeat(1000)]) {
      padSentence(encodeText(sentence, encoding).ids, settings.maxLength, settings.padding);
    }
  }

  function fuzzWords(format: string, file: string, mutation: Parameters<typeof fuzz>[1]['mutation']): void {
    const path = (): string => join(folder, file);
    fuzz(format, {
      path,
      mutation,
      async read() {
        const { words, text } = await readTokenizer(path());
        encode(words, text);
      },
    });
  }

  fuzzWords('vocab.txt', 'vocab.txt', (random) => mutated(list, random));
  const json = (value: unknown): Parameters<typeof fuzz>[1]['mutation'] => {
    const whole = JSON.stringify(value);
    return (random, round) =>
      round % 2 === 0 ? Buffer.from(mutatedJson(whole, random)) : mutated(Buffer.from(whole), random);
  };
  fuzzWords('words and rows in JSON', 'words.json', json(index));
  fuzzWords("Keras's Tokenizer in JSON", 'keras.json', json(ofKeras));
  fuzzWords("Keras's Tokenizer in JSON, words", 'keras.json', (random) => {
    const { word_index: inner, ...rest } = ofKeras.config;
    const words = mutatedJson(inner, random);
    return Buffer.from(
      JSON.stringify(JSON.stringify({ ...ofKeras, config: { ...rest, word_index: words } })),
    );
  });
  fuzzWords('tokenizer.json', 'tokenizer.json', json(ofHuggingFace));

  const settings = (): string => join(folder, 'own', 'press.json');
  fuzz('press.json', {
    path: settings,
    mutation: json(ofOurs),
    async read() {
      const found = await readSettings(join(folder, 'own'), { rows: 5, masked: false });
      encode(found.vocabulary ?? Object.keys(index), found.text ?? {});
    },
  });
});
