/** What models are written as, and read back from. */
export type WrittenFormat = 'tfjs' | 'safetensors' | KerasFormat;
export type KerasFormat = 'keras' | 'h5';

/** The name of a model's file in its folder. */
export const modelFile: Readonly<Record<WrittenFormat, string>> = {
  tfjs: 'model.json',
  safetensors: 'model.safetensors',
  keras: 'model.keras',
  h5: 'model.h5',
};

/** Of several in a folder the first counts. */
export const modelFiles: readonly string[] = Object.values(modelFile);

export const writtenFormats = Object.keys(modelFile) as readonly WrittenFormat[];

export function isKerasFormat(format: string | undefined): format is KerasFormat {
  return format === 'keras' || format === 'h5';
}

/** Whether a file's name is one that Keras gives to models. */
export function isKerasFile(path: string): boolean {
  return /\.(keras|h5|hdf5)$/i.test(path);
}

/** Text settings and labels beside a model; also the mark of a folder that is ours. */
export const settingsFile = 'press.json';
/** The model card. */
export const cardFile = 'README.md';
export const vocabularyFile = 'vocabulary.txt';
export const foreignVocabularies = [
  vocabularyFile,
  'vocab.txt',
  'vocabulary.json',
  'word_index.json',
  'tokenizer.json',
];
