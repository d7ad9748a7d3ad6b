import { UserError, type Place } from '../../errors.ts';
import type { ModelSpec } from '../checkpoint.ts';

/** Tokens of the model's input, where it has one and their number is fixed. */
export function inputLength({ body }: ModelSpec): number | undefined {
  return body.kind === 'graph' && body.inputs === undefined ? body.length : undefined;
}

/** The inputs of a model that takes several texts, by name. */
export function inputNames({ body }: ModelSpec): readonly string[] | undefined {
  return body.kind === 'graph' ? body.inputs?.map(({ name }) => name) : undefined;
}

/**
 * Tokens of each text of a model that takes several.
 *
 * @param maxLength of the text settings, for those whose length the model leaves open
 */
export function textLengths({ body }: ModelSpec, maxLength: number): readonly number[] | undefined {
  return body.kind === 'graph' ? body.inputs?.map(({ length = maxLength }) => length) : undefined;
}

/**
 * Whether sentences can be cut and padded to what the model's input takes. A text of several is cut to its own input's
 * length.
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
