import { UserError, type Place } from '../../errors.ts';
import type { ModelSpec } from '../checkpoint.ts';

/** Tokens of the model's input, where their number is fixed. */
export function inputLength({ body }: ModelSpec): number | undefined {
  return body.kind === 'graph' ? body.length : undefined;
}

/**
 * Whether sentences can be cut and padded to what the model's input takes.
 *
 * @param maxLength of the text settings
 * @throws UserError `input-length`
 */
export function checkInputLength(spec: ModelSpec, maxLength: number, place?: Place): void {
  const length = inputLength(spec);
  if (length === undefined || maxLength === length || (spec.masked && maxLength < length)) return;
  throw new UserError(
    'input-length',
    `The model takes sentences of ${length} tokens, and "maxLength" is ${maxLength}.`,
    `Set "maxLength" in "text" to ${length}.`,
    place,
  );
}
