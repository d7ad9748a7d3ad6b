/** The config of Keras's Tokenizer, as its `to_json()` has it: dicts inside are JSON texts. */
export const kerasTokenizer = {
  num_words: null,
  filters: '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n',
  lower: true,
  split: ' ',
  char_level: false,
  oov_token: '<OOV>',
  document_count: 3,
  word_index: JSON.stringify({ '<OOV>': 1, the: 2, film: 3, "don't": 4 }),
};

/** A tokenizer.json of Hugging Face, of word level. */
export const wordLevel = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
  model: { type: 'WordLevel', vocab: { '[PAD]': 0, '[UNK]': 1, don: 2, "'": 3, t: 4 }, unk_token: '[UNK]' },
};
