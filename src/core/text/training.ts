import { renumber } from './encode.ts';
import type { EncodedDataset } from './encoded.ts';
import type { Lexicon } from './lexicon.ts';

/** The words that occur in a dataset, in the order of their first occurrence, without padding and unknown words. */
export function occurringWords(data: EncodedDataset, lexicon: Lexicon): string[] {
  const seen = new Uint8Array(lexicon.words.length);
  seen[lexicon.paddingId] = 1;
  seen[lexicon.unknownId] = 1;
  const words: string[] = [];
  for (const id of data.ids) {
    if (seen[id] === 0) words.push(lexicon.words[id]!);
    seen[id] = 1;
  }
  return words;
}

/** A dataset encoded with a lexicon, in the rows of a vocabulary. */
export function toVocabulary(
  data: EncodedDataset,
  lexicon: Lexicon,
  vocabulary: { readonly unknownId: number; idOf(word: string): number },
): EncodedDataset {
  const newIds = Int32Array.from(lexicon.words, (word) => vocabulary.idOf(word));
  return renumber(data, newIds, vocabulary.unknownId);
}
