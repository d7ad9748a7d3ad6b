import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import { encodeText } from '../../src/core/text/encode.ts';
import { textVectorization } from '../../src/core/text/textVectorization.ts';
import type { TokenizerWords } from '../../src/core/text/tokenizerFile.ts';
import { readTokenizer, Vocabulary } from '../../src/core/text/vocabulary.ts';
import { askPython, pythonWith } from './python.ts';

const length = 6;
const corpus = [
  "The film isn't bad, it's GOOD!",
  'ein Über-Film: schön & gut (sehr gut)',
  'the the the good good film\tfilm\u00a0noir',
  '\u6f22\u5b57 \ud83d\ude00 e-mail me@home.org 3.5 of 5',
];
const texts = [
  ...corpus,
  'A GOOD film?! The unseen word...',
  'gut\u00a0gut \u0130stanbul \u00dcBER schön',
  'one two the three four good five film six seven eight it',
];
const tokenizers = [
  {},
  { oov_token: '<OOV>' },
  { num_words: 6, oov_token: '<OOV>' },
  { num_words: 4 },
  { lower: false, filters: '' },
  { filters: ']^-\\.' },
];
const layers = [
  {},
  { standardize: 'lower' },
  { standardize: 'strip_punctuation' },
  { standardize: null },
  { max_tokens: 8 },
];

interface Answer {
  readonly tokenizers: readonly { readonly json: string; readonly rows: readonly number[][] }[];
  readonly layers: readonly {
    readonly config: Record<string, unknown>;
    readonly vocabulary: readonly string[];
    readonly rows: readonly number[][];
  }[];
}

describe('tokenizers against Keras', function () {
  this.timeout(300_000);
  let folder = '';
  let answer: Answer;

  before(async function () {
    const python = pythonWith(this, 'keras', 'tensorflow');
    folder = await mkdtemp(join(tmpdir(), 'embedding-press-tokenizers-'));
    answer = askPython(python, 'tokenizers.py', { corpus, texts, length, tokenizers, layers }) as Answer;
  });

  after(async () => {
    if (folder !== '') await rm(folder, { recursive: true });
  });

  /** The rows of a text, padded as Keras does; one without tokens is padding alone. */
  function rowsOf({ words, text: settings }: TokenizerWords, text: string): number[] {
    const all = { ...textDefaults, maxLength: length, ...settings };
    const vocabulary = new Vocabulary(words, all.outOfVocabularyToken);
    const { ids } = encodeText(text, { text: all, words: vocabulary });
    const kept = ids.filter((id) => id !== 0);
    const padding = new Array<number>(length - kept.length).fill(0);
    return all.padding === 'left' ? [...padding, ...kept] : [...kept, ...padding];
  }

  it('give the rows of Tokenizer and pad_sequences', async () => {
    for (const [i, { json, rows }] of answer.tokenizers.entries()) {
      const path = join(folder, `${i}.json`);
      await writeFile(path, json);
      const tokenizer = await readTokenizer(path);
      texts.forEach((text, t) => {
        assert.deepEqual(rowsOf(tokenizer, text), rows[t], `${JSON.stringify(tokenizers[i])}: ${text}`);
      });
    }
  });

  it('give the rows of TextVectorization', () => {
    for (const [i, { config, vocabulary, rows }] of answer.layers.entries()) {
      const tokenizer = textVectorization(config, vocabulary, { file: 'model.keras' });
      texts.forEach((text, t) => {
        assert.deepEqual(rowsOf(tokenizer, text), rows[t], `${JSON.stringify(layers[i])}: ${text}`);
      });
    }
  });
});
