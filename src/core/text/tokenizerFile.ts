import type { TextSettings } from '../recipe/recipe.ts';
import { kerasTokenizer } from './kerasTokenizer.ts';
import { wordLevelTokenizer } from './wordLevelTokenizer.ts';

/** What a tokenizer says of itself: the word of each row, and those text settings that it knows. */
export interface TokenizerWords {
  readonly words: readonly string[];
  readonly text: Partial<TextSettings>;
}

/**
 * The tokenizer that a JSON value describes: Keras's Tokenizer, or one of Hugging Face's of word level; undefined where
 * it describes none.
 * @throws UserError `unsupported-tokenizer`, `invalid-vocabulary`
 */
export function tokenizerOf(value: unknown, file: string): TokenizerWords | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { class_name: name, config, model } = value as Record<string, unknown>;
  if (name === 'Tokenizer' && isObject(config)) return kerasTokenizer(config, file);
  // A vocabulary gives the word 'model' a number.
  return isObject(model) ? wordLevelTokenizer(value as Record<string, unknown>, file) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
