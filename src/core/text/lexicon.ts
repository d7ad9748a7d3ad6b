import type { EncodedDataset, Sentence } from './encoded.ts';
import { paddingWord, type WordIndex } from './vocabulary.ts';

/** Numbers words as they are found, after the padding (0) and the out-of-vocabulary token (1). */
export class Lexicon implements WordIndex {
  readonly paddingId = 0;
  readonly unknownId = 1;
  readonly words: string[];
  readonly #ids: Map<string, number>;

  constructor(outOfVocabularyToken: string) {
    this.words = [paddingWord, outOfVocabularyToken];
    this.#ids = new Map(this.words.map((word, i) => [word, i]));
  }

  idOf(word: string): number {
    let id = this.#ids.get(word);
    if (id === undefined) {
      id = this.words.length;
      this.#ids.set(word, id);
      this.words.push(word);
    }
    return id;
  }
}

/** The words that occur in datasets, in the order of their first occurrence, without padding and unknown words. */
export function occurringWords(datasets: readonly EncodedDataset[], lexicon: Lexicon): string[] {
  const seen = new Uint8Array(lexicon.words.length);
  seen[lexicon.paddingId] = 1;
  seen[lexicon.unknownId] = 1;
  const words: string[] = [];
  for (const data of datasets) {
    for (const { ids } of data.chunks()) {
      for (const id of ids) {
        if (seen[id] === 0) words.push(lexicon.words[id]!);
        seen[id] = 1;
      }
    }
  }
  return words;
}

/**
 * Turns sentences encoded with a lexicon into the rows of a vocabulary.
 * @param trained the words of the training data, where the vocabulary has others, too: those count as unknown
 */
export function toVocabulary(
  lexicon: Lexicon,
  vocabulary: WordIndex,
  trained?: ReadonlySet<string>,
): (sentence: Sentence) => Sentence {
  const newIds = Int32Array.from(lexicon.words, (word) => vocabulary.idOf(word));
  const isUnknown = Uint8Array.from(lexicon.words, (word, id) =>
    Number(newIds[id] === vocabulary.unknownId || trained?.has(word) === false),
  );
  return (sentence) => {
    const ids = Array.from(sentence.ids);
    return {
      ...sentence,
      ids: ids.map((id) => newIds[id]!),
      withUnknown: ids.some((id) => isUnknown[id] === 1),
    };
  };
}
