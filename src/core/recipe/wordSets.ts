/**
 * Whose words a new model's vocabulary has, of those that have a vector: the training data's, those of validation and
 * test, too, as in the literature's experiments, or the vectors' own.
 */
export const wordSets = ['training', 'all-data', 'all-vectors'] as const;

export type WordSet = (typeof wordSets)[number];

/** Whether a recipe's `vocabulary` is one of them, and not a file. */
export function isWordSet(vocabulary: string | undefined): vocabulary is WordSet {
  return wordSets.some((name) => name === vocabulary);
}
