import type { TextSettings } from '../recipe/recipe.ts';

/** Unicode's white space, U+0085 included: in Latin-1 corpora it stands where Windows-1252 has an ellipsis. */
const notWhiteSpace = /\P{White_Space}+/gu;
const notSeparator = /[^\p{White_Space},]+/gu;

/**
 * A word with inner apostrophes, a contraction's tail that stands alone ("'s", as in text tokenized already), or one
 * punctuation mark or symbol. Control characters and marks without a letter are no tokens.
 */
const wordOrMark =
  /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*|['’](?:s|re|ve|ll|d|m)(?![\p{L}\p{N}])|[\p{P}\p{S}]/giu;

/** English contractions as the Penn Treebank splits them. */
const contraction = /^(.+?)(n't|'(?:s|re|ve|ll|d|m))$/i;

/**
 * Splits a text into at most `maxLength` tokens, the first ones.
 *
 * `words` splits English contractions as the Penn Treebank does (don't: do n't, it's: it 's), because GloVe's corpora
 * were tokenized so and have no vector for the whole. Everything else, hyphens included, is a run of letters and
 * digits or a mark by itself. Text tokenized in the Treebank's way stays as it is.
 *
 * `ids` gives the pieces between white space and commas, unchecked.
 */
export function tokenize(text: string, settings: TextSettings): string[] {
  const { tokenizer, maxLength } = settings;
  const cased = settings.lowercase && tokenizer !== 'ids' ? text.toLowerCase() : text;
  const pattern =
    tokenizer === 'words' ? wordOrMark : tokenizer === 'whitespace' ? notWhiteSpace : notSeparator;
  const tokens: string[] = [];
  for (const [match] of cased.matchAll(pattern)) {
    if (tokenizer === 'words' && match.length > 1) {
      const token = match.replaceAll('’', "'");
      const parts = token.includes("'") ? contraction.exec(token) : null;
      if (parts === null) tokens.push(token);
      else tokens.push(parts[1]!, parts[2]!);
    } else {
      tokens.push(match);
    }
    if (tokens.length >= maxLength) break;
  }
  tokens.length = Math.min(tokens.length, maxLength);
  return tokens;
}
