import type { SearchSettings } from '../recipe/recipe.ts';
import type { Target } from './halving.ts';

/** Shares of sentences that are equal may differ in their last bits once something is taken from one. */
const rounding = 1e-9;

/**
 * What a search looks for.
 * @param reference validation accuracy of the uncompressed model, or of its control where that is better
 */
export function targetOf(settings: SearchSettings, reference: number): Target {
  return settings.bytesAtMost === undefined
    ? { kind: 'accuracy', floor: reference - settings.loseAtMost - rounding }
    : { kind: 'size', bytes: settings.bytesAtMost };
}
