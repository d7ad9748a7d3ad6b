import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../src/core/checkpoint/settings.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import type { TextSettings } from '../../src/core/recipe/recipe.ts';
import { encodeText } from '../../src/core/text/encode.ts';
import { textVectorization } from '../../src/core/text/textVectorization.ts';
import { tokenize } from '../../src/core/text/tokenizer.ts';
import type { TokenizerWords } from '../../src/core/text/tokenizerFile.ts';
import { readTokenizer, Vocabulary } from '../../src/core/text/vocabulary.ts';
import { kerasTokenizer, wordLevel } from '../support/tokenizers.ts';

describe("tokenizers' files", () => {
  let folder = '';
  let path = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-tokenizer-'));
    path = join(folder, 'tokenizer.json');
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function read(value: unknown): Promise<TokenizerWords> {
    await writeFile(path, JSON.stringify(value));
    return readTokenizer(path);
  }

  function rowsOf(
    { words, text }: TokenizerWords,
    sentence: string,
    more: Partial<TextSettings> = {},
  ): number[] {
    const settings = { ...textDefaults, ...text, ...more };
    return encodeText(sentence, {
      text: settings,
      words: new Vocabulary(words, settings.outOfVocabularyToken),
    }).ids;
  }

  it("read Keras's Tokenizer, also where its JSON is written as a text", async () => {
    const json = { class_name: 'Tokenizer', config: kerasTokenizer };
    for (const value of [json, JSON.stringify(json)]) {
      const tokenizer = await read(value);
      assert.deepEqual(tokenizer.words, ['<pad>', '<OOV>', 'the', 'film', "don't"]);
      assert.deepEqual(rowsOf(tokenizer, "The film... DON'T-walk"), [2, 3, 4, 1]);
      // pad_sequences keeps the end.
      assert.deepEqual(rowsOf(tokenizer, 'the film the the', { maxLength: 3 }), [3, 2, 2]);
    }
  });

  it('keep as many rows as num_words says, and leave unknown words out before they cut', async () => {
    const config = { ...kerasTokenizer, num_words: 3, oov_token: null };
    const few = await read({ class_name: 'Tokenizer', config });
    assert.deepEqual(few.words, ['<pad>', '<OOV>', 'the']);
    assert.deepEqual(rowsOf(few, 'the the film film', { maxLength: 2 }), [2, 2]);
    const many = await read({ class_name: 'Tokenizer', config: { ...kerasTokenizer, num_words: 7 } });
    assert.deepEqual(many.words.slice(4), ["don't", '<row 5>', '<row 6>']);
  });

  it("read Hugging Face's of word level", async () => {
    const tokenizer = await read(wordLevel);
    assert.deepEqual(tokenizer.words, ['[PAD]', '[UNK]', 'don', "'", 't']);
    assert.deepEqual(rowsOf(tokenizer, "Don't go_on!?"), [2, 3, 4, 1, 1]);
    assert.deepEqual(tokenizer.text, {
      tokenizer: 'runs',
      lowercase: true,
      outOfVocabularyToken: '[UNK]',
      padding: 'right',
      truncation: 'right',
    });
    const cased = await read({
      ...wordLevel,
      normalizer: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
      truncation: { direction: 'Left', max_length: 2, strategy: 'LongestFirst', stride: 0 },
      padding: { direction: 'Left', pad_id: 0 },
    });
    assert.deepEqual(rowsOf(cased, "don Don t ' t"), [3, 4]);
    assert.deepEqual([cased.text.padding, cased.text.maxLength], ['left', 2]);
  });

  it('refuse those of other kinds by name', async () => {
    const keras = (change: object) => ({ class_name: 'Tokenizer', config: { ...kerasTokenizer, ...change } });
    const cases: [unknown, RegExp][] = [
      [keras({ char_level: true }), /char_level/],
      [keras({ split: '|' }), /separator "\|"/],
      [{ ...wordLevel, model: { type: 'BPE', vocab: {} } }, /model BPE/],
      [{ ...wordLevel, model: { type: 'WordPiece', vocab: {} } }, /model WordPiece/],
      [{ ...wordLevel, pre_tokenizer: { type: 'ByteLevel' } }, /pre_tokenizer ByteLevel/],
      [{ ...wordLevel, pre_tokenizer: null }, /no pre_tokenizer/],
      [{ ...wordLevel, normalizer: { type: 'Sequence', normalizers: [] } }, /normalizer Sequence/],
      [{ ...wordLevel, post_processor: { type: 'BertProcessing' } }, /post_processor BertProcessing/],
    ];
    for (const [value, message] of cases) {
      await assert.rejects(read(value), { code: 'unsupported-tokenizer', message });
    }
    const damaged: [unknown, RegExp][] = [
      [keras({ word_index: '[' }), /no object/],
      [keras({ word_index: { a: 1, b: 1 } }), /'b' the row 1/],
      [keras({ word_index: { a: 7 } }), /'a' the row 7/],
      [keras({ num_words: 1e12 }), /num_words/],
      [keras({ num_words: 2 ** 25 }), /num_words is 33554432, where 2 to 1048580 are expected/],
      [{ ...wordLevel, model: { type: 'WordLevel', vocab: { a: 0, b: 0 } } }, /the row 0/],
      [{ ...wordLevel, model: { type: 'WordLevel', vocab: { a: 5 } } }, /the row 5/],
    ];
    for (const [value, message] of damaged) {
      await assert.rejects(read(value), { code: 'invalid-vocabulary', message });
    }
  });

  it('are refused where they are nested without end', async () => {
    await writeFile(path, `{"model":${'['.repeat(1e5)}${']'.repeat(1e5)}}`);
    await assert.rejects(readTokenizer(path), { code: 'invalid-json' });
    await writeFile(path, JSON.stringify({ a: '['.repeat(1e5) + '\\"' }));
    await assert.rejects(readTokenizer(path), { code: 'invalid-vocabulary' });
  });

  it('say no length of a sentence that no machine could hold', async () => {
    const { text } = await read({ ...wordLevel, truncation: { direction: 'Right', max_length: 1e15 } });
    assert.equal(text.maxLength, undefined);
    await writeFile(
      join(folder, 'press.json'),
      JSON.stringify({ formatVersion: 1, text: { ...textDefaults, maxLength: 1e9 } }),
    );
    await assert.rejects(readSettings(folder, { rows: 5, masked: false }), { code: 'model-settings' });
    await rm(join(folder, 'press.json'));
  });

  it('leave vocabularies what they were, also with words such as model', async () => {
    const { words, text } = await read({ '<pad>': 0, model: 1, class_name: 2, config: 3 });
    assert.deepEqual(words, ['<pad>', 'model', 'class_name', 'config']);
    assert.deepEqual(text, {});
  });

  it('give a model text settings where none of ours lie beside it', async () => {
    await writeFile(path, JSON.stringify(wordLevel));
    const { vocabulary, text } = await readSettings(folder, { rows: 5, masked: true });
    assert.equal(vocabulary?.length, 5);
    assert.deepEqual(text, { ...textDefaults, ...(await readTokenizer(path)).text });
  });
});

describe('TextVectorization', () => {
  const place = { file: 'm.keras', item: 'text_vectorization' };

  it('is read from its config and its vocabulary, with the special words or without', () => {
    const config = { standardize: 'lower_and_strip_punctuation', split: 'whitespace', output_mode: 'int' };
    const { words, text } = textVectorization({ ...config, output_sequence_length: 9 }, ['a', 'b'], place);
    assert.deepEqual(words, ['', '[UNK]', 'a', 'b']);
    assert.deepEqual(textVectorization(config, words, place).words, words);
    assert.equal(text.maxLength, 9);
    // Marks vanish, TensorFlow lowers ASCII alone, and splits at ASCII's white space.
    const settings = { ...textDefaults, ...text };
    assert.deepEqual(tokenize("It's ÄGAIN\u00a0so:\tWell-made", settings), [
      'its',
      'Ägain\u00a0so',
      'wellmade',
    ]);
    const plain = { ...textDefaults, ...textVectorization({ standardize: null }, [], place).text };
    assert.deepEqual(tokenize("It's A", plain), ["It's", 'A']);
  });

  it('is refused with what cannot be done, by name', () => {
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ standardize: 'my_function' }, /"standardize": "my_function"/],
      [{ standardize: { module: 'builtins' } }, /"standardize"/],
      [{ split: 'character' }, /"split": "character"/],
      [{ split: null }, /"split": null/],
      [{ ngrams: 2 }, /"ngrams": 2/],
      [{ output_mode: 'tf_idf' }, /"output_mode"/],
      [{ ragged: true }, /"ragged"/],
      [{ output_sequence_length: -1 }, /"output_sequence_length"/],
      [{ output_sequence_length: 1e9 }, /"output_sequence_length"/],
    ];
    for (const [config, message] of cases) {
      assert.throws(() => textVectorization(config, [], place), { code: 'unsupported-tokenizer', message });
    }
  });
});
