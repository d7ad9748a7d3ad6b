export const tfjsFile = 'model.json';
export const safetensorsFile = 'model.safetensors';
export const kerasFile = 'model.keras';
export const h5File = 'model.h5';

/** Names of a model's file in its folder, the first one there counts. */
export const modelFiles: readonly string[] = [tfjsFile, safetensorsFile, kerasFile, h5File];

/** Text settings and labels beside a model; also the mark of a folder that is ours. */
export const settingsFile = 'press.json';
export const vocabularyFile = 'vocabulary.txt';
export const foreignVocabularies = [
  vocabularyFile,
  'vocab.txt',
  'vocabulary.json',
  'word_index.json',
  'tokenizer.json',
];
