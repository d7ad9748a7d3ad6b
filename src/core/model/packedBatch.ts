import type { Batch } from '../text/encoded.ts';

/**
 * A batch laid out time-major without padding: its sentences sorted by length, longest first, and at each time t
 * only the first `active[t]` of them, so that a recurrent step works on a prefix and needs no mask.
 */
export interface PackedBatch {
  /** Position in the batch of the j-th longest sentence. */
  readonly order: Int32Array;
  /** Length of the j-th longest sentence. */
  readonly lengths: Int32Array;
  readonly active: Int32Array;
  /** Where time t begins in `tokens`; one entry more than `active`. */
  readonly offsets: Int32Array;
  readonly tokens: Int32Array;
}

export function packBatch(batch: Batch): PackedBatch {
  const { size, length } = batch;
  const order = Int32Array.from({ length: size }, (_, i) => i);
  order.sort((a, b) => batch.lengths[b]! - batch.lengths[a]! || a - b);
  const lengths = Int32Array.from(order, (s) => batch.lengths[s]!);
  const steps = size === 0 ? 0 : lengths[0]!;
  const active = new Int32Array(steps);
  for (let t = 0, count = size; t < steps; t++) {
    while (count > 0 && lengths[count - 1]! <= t) count--;
    active[t] = count;
  }
  const offsets = new Int32Array(steps + 1);
  for (let t = 0; t < steps; t++) offsets[t + 1] = offsets[t]! + active[t]!;
  const tokens = new Int32Array(offsets[steps]!);
  for (let t = 0, at = 0; t < steps; t++) {
    for (let j = 0; j < active[t]!; j++, at++) tokens[at] = batch.ids[order[j]! * length + t]!;
  }
  return { order, lengths, active, offsets, tokens };
}

/** Where in the packed tokens each one lies when every sentence is read from its end. */
export function mirrorOf({ lengths, active, offsets, tokens }: PackedBatch): Int32Array {
  const mirror = new Int32Array(tokens.length);
  for (let t = 0, at = 0; t < active.length; t++) {
    for (let j = 0; j < active[t]!; j++, at++) mirror[at] = offsets[lengths[j]! - 1 - t]! + j;
  }
  return mirror;
}
