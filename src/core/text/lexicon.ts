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
