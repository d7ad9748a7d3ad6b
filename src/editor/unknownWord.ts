const usualNames = ['<unk>', '<UNK>', '[UNK]', '<OOV>', '<oov>', '[OOV]', '<unknown>', '<UNKNOWN>', 'UNK'];

/** The entry of a vocabulary that stands for words that it lacks; undefined where no name of it is a usual one. */
export function unknownWordOf(words: readonly string[]): string | undefined {
  const known = new Set(words);
  return usualNames.find((name) => known.has(name));
}
