import type { Random } from '../random.ts';
import type { Fold, Fraction } from '../recipe/recipe.ts';

/** Sentences drawn to be held out. */
export interface HeldOut {
  /** To be asked once for each sentence of the dataset, in its order, with its class. */
  readonly has: (label: number) => boolean;
  /** Sentences of each class that are left. */
  readonly left: readonly number[];
}

/**
 * Draws a part of a dataset, keeping the share of every class: `round(fraction * sentences)` of them are held out, dealt
 * to the classes by largest remainder; a class keeps at least one sentence. The same random numbers draw the same ones.
 *
 * @param counts sentences of each class
 * @param fraction in (0,1)
 */
export function drawHeldOut(counts: readonly number[], fraction: number, random: Random): HeldOut {
  const classes = counts.map((count) => ({
    count,
    take: Math.floor(fraction * count),
    remainder: (fraction * count) % 1,
  }));
  const all = counts.reduce((sum, count) => sum + count, 0);
  let missing = Math.round(fraction * all) - classes.reduce((sum, { take }) => sum + take, 0);
  for (const entry of [...classes].sort((a, b) => b.remainder - a.remainder)) {
    if (missing <= 0) break;
    if (entry.take + 1 >= entry.count) continue;
    entry.take++;
    missing--;
  }
  const drawn = classes.map(({ count, take }) => {
    const flags = new Uint8Array(count);
    for (const member of random.permutation(count).subarray(0, take)) flags[member] = 1;
    return flags;
  });
  return heldOut(drawn);
}

/**
 * Draws one of the folds of a cross-validation: the shuffled sentences of each class are dealt to the folds in turn, one
 * class after the other, so that sizes differ by one at most. The same random numbers give the same folds.
 *
 * @param counts sentences of each class
 */
export function drawFold(counts: readonly number[], { fold, folds }: Fold, random: Random): HeldOut {
  let dealt = 0;
  const drawn = counts.map((count) => {
    const flags = new Uint8Array(count);
    for (const member of random.permutation(count)) if (dealt++ % folds === fold - 1) flags[member] = 1;
    return flags;
  });
  return heldOut(drawn);
}

/** The share of the sentences that a part is. */
export function shareOf(part: Fraction | Fold): number {
  return 'fold' in part ? 1 / part.folds : part.fraction;
}

/** @param drawn of each class one byte a sentence: whether it is held out */
function heldOut(drawn: readonly Uint8Array[]): HeldOut {
  const asked = drawn.map(() => 0);
  return {
    has: (label) => drawn[label]![asked[label]!++] === 1,
    left: drawn.map((flags) => flags.reduce((left, flag) => left - flag, flags.length)),
  };
}
