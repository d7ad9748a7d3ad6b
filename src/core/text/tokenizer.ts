import type { TextSettings } from '../recipe/recipe.ts';

/** Unicode's white space, U+0085 included: in Latin-1 corpora it stands where Windows-1252 has an ellipsis. */
const notWhiteSpace = /\P{White_Space}+/gu;
const notAsciiWhiteSpace = /[^\t-\r ]+/g;
const notSpace = /[^ ]+/g;
const notSeparator = /[^\p{White_Space},]+/gu;

/**
 * A word with inner apostrophes, a contraction's tail that stands alone ("'s", as in text tokenized already), or one
 * punctuation mark or symbol. Control characters and marks without a letter are no tokens.
 */
const wordOrMark =
  /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*|['’](?:s|re|ve|ll|d|m)(?![\p{L}\p{N}])|[\p{P}\p{S}]/giu;

/** Rust's \w+|[^\w\s]+, with its \w of UTS 18. */
const wordOrMarks =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;

/** English contractions as the Penn Treebank splits them. */
const contraction = /^(.+?)(n't|'(?:s|re|ve|ll|d|m))$/i;

/** What Keras's Tokenizer takes for spaces, and what TextVectorization leaves out, where neither is told otherwise. */
export const kerasFilters = {
  keras: '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n',
  'text-vectorization': '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\'',
} as const;

const patterns: Readonly<Record<TextSettings['tokenizer'], RegExp>> = {
  whitespace: notWhiteSpace,
  words: wordOrMark,
  runs: wordOrMarks,
  keras: notSpace,
  'text-vectorization': notAsciiWhiteSpace,
  ids: notSeparator,
};

/**
 * Splits a text into at most `maxLength` tokens, the first ones or, with `truncation` on the left, the last ones.
 *
 * `words` splits English contractions as the Penn Treebank does (don't: do n't, it's: it 's), because GloVe's corpora
 * were tokenized so and have no vector for the whole. Everything else, hyphens included, is a run of letters and
 * digits or a mark by itself. Text tokenized in the Treebank's way stays as it is.
 *
 * `runs` is the pre-tokenizer Whitespace of Hugging Face's tokenizers. `keras` is Keras's Tokenizer, which splits at
 * U+0020 alone, `text-vectorization` its TextVectorization, which knows ASCII's white space and capitals alone.
 *
 * `ids` gives the pieces between white space and commas, unchecked.
 */
export function tokenize(text: string, settings: TextSettings): string[] {
  const { tokenizer, maxLength } = settings;
  const keepsEnd = settings.truncation === 'left';
  const tokens: string[] = [];
  for (const [match] of filtered(cased(text, settings), settings).matchAll(patterns[tokenizer])) {
    if (tokenizer === 'words' && match.length > 1) {
      const token = match.replaceAll('’', "'");
      const parts = token.includes("'") ? contraction.exec(token) : null;
      if (parts === null) tokens.push(token);
      else tokens.push(parts[1]!, parts[2]!);
    } else {
      tokens.push(match);
    }
    if (tokens.length >= maxLength && !keepsEnd) break;
  }
  if (keepsEnd && tokens.length > maxLength) return tokens.slice(tokens.length - maxLength);
  tokens.length = Math.min(tokens.length, maxLength);
  return tokens;
}

function cased(text: string, { tokenizer, lowercase }: TextSettings): string {
  if (!lowercase || tokenizer === 'ids') return text;
  // TensorFlow lowers bytes.
  if (tokenizer === 'text-vectorization') return text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
  return text.toLowerCase();
}

const filterPatterns = new Map<string, RegExp>();

function filtered(text: string, { tokenizer, filters }: TextSettings): string {
  if (tokenizer !== 'keras' && tokenizer !== 'text-vectorization') return text;
  const characters = filters ?? kerasFilters[tokenizer];
  if (characters === '') return text;
  let pattern = filterPatterns.get(characters);
  if (pattern === undefined) {
    pattern = new RegExp(`[${characters.replace(/[\\\]^-]/g, '\\$&')}]`, 'gu');
    filterPatterns.set(characters, pattern);
  }
  return text.replace(pattern, tokenizer === 'keras' ? ' ' : '');
}
