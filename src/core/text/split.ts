import type { Random } from '../random.ts';
import type { Fold } from '../recipe/recipe.ts';
import type { EncodedDataset } from './encoded.ts';

/**
 * Parts a dataset, keeping the share of every class: `round(fraction * sentences)` of them are held out, dealt to the
 * classes by largest remainder; a class keeps at least one sentence. Both parts stay in the data's order, and the same
 * random numbers give the same parts.
 *
 * @param fraction in (0,1)
 */
export function splitFraction(
  data: EncodedDataset,
  fraction: number,
  random: Random,
): { readonly kept: EncodedDataset; readonly heldOut: EncodedDataset } {
  const count = data.labels.length;
  const byClass: number[][] = [];
  data.labels.forEach((label, i) => {
    (byClass[label] ??= []).push(i);
  });
  const classes = byClass
    .filter((members) => members.length > 0)
    .map((members) => ({
      members,
      take: Math.floor(fraction * members.length),
      remainder: (fraction * members.length) % 1,
    }));
  let missing = Math.round(fraction * count) - classes.reduce((sum, { take }) => sum + take, 0);
  for (const entry of [...classes].sort((a, b) => b.remainder - a.remainder)) {
    if (missing <= 0) break;
    if (entry.take + 1 >= entry.members.length) continue;
    entry.take++;
    missing--;
  }
  const isHeldOut = new Uint8Array(count);
  for (const { members, take } of classes) {
    const order = random.permutation(members.length);
    for (let j = 0; j < take; j++) isHeldOut[members[order[j]!]!] = 1;
  }
  const positions = Array.from(isHeldOut.keys());
  return {
    kept: selectSentences(
      data,
      positions.filter((i) => isHeldOut[i] === 0),
    ),
    heldOut: selectSentences(
      data,
      positions.filter((i) => isHeldOut[i] === 1),
    ),
  };
}

/**
 * Holds out one of the folds of a cross-validation: the shuffled sentences of each class are dealt to the folds in turn,
 * one class after the other, so that sizes differ by one at most. The same random numbers give the same folds.
 */
export function splitFold(
  data: EncodedDataset,
  { fold, folds }: Fold,
  random: Random,
): { readonly kept: EncodedDataset; readonly heldOut: EncodedDataset } {
  const order = Array.from(random.permutation(data.labels.length)).sort(
    (i, j) => data.labels[i]! - data.labels[j]!,
  );
  const inFold = new Uint8Array(order.length);
  for (let j = fold - 1; j < order.length; j += folds) inFold[order[j]!] = 1;
  const positions = Array.from(inFold.keys());
  return {
    kept: selectSentences(
      data,
      positions.filter((i) => inFold[i] === 0),
    ),
    heldOut: selectSentences(
      data,
      positions.filter((i) => inFold[i] === 1),
    ),
  };
}

/** The sentences at the positions given, copied. */
export function selectSentences(data: EncodedDataset, positions: readonly number[]): EncodedDataset {
  const offsets = new Int32Array(positions.length + 1);
  positions.forEach((i, j) => {
    offsets[j + 1] = offsets[j]! + data.offsets[i + 1]! - data.offsets[i]!;
  });
  const ids = new Int32Array(offsets[positions.length]!);
  positions.forEach((i, j) => {
    ids.set(data.ids.subarray(data.offsets[i], data.offsets[i + 1]), offsets[j]);
  });
  return {
    ids,
    offsets,
    labels: Int32Array.from(positions, (i) => data.labels[i]!),
    withUnknown: Uint8Array.from(positions, (i) => data.withUnknown[i]!),
    lines: Int32Array.from(positions, (i) => data.lines[i]!),
  };
}
