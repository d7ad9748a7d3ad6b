/** From the values of each token to those of each sentence. Addresses in bytes. */
import { multiplyAdd } from './multiplyAdd';

/**
 * Adds one step's outputs to the sentences' features: to[order[j]] += share from[j], with the share 1 / length for the
 * mean over time, or 1 at a sentence's last step and 0 before.
 *
 * @param order and lengths: int32, of the active sentences
 */
export function poolStep(
  from: usize,
  to: usize,
  order: usize,
  lengths: usize,
  active: i32,
  units: i32,
  step: i32,
  mean: bool,
): void {
  const H = (<usize>units) << 2;
  for (let j = 0; j < active; j++, from += H) {
    const share = shareOf(load<i32>(lengths + ((<usize>j) << 2)), step, mean);
    if (share != 0) addScaled(to + <usize>load<u32>(order + ((<usize>j) << 2)) * H, from, share, units);
  }
}

/** Its gradient: to[j] += share from[order[j]]. */
export function poolStepBackward(
  from: usize,
  to: usize,
  order: usize,
  lengths: usize,
  active: i32,
  units: i32,
  step: i32,
  mean: bool,
): void {
  const H = (<usize>units) << 2;
  for (let j = 0; j < active; j++, to += H) {
    const share = shareOf(load<i32>(lengths + ((<usize>j) << 2)), step, mean);
    if (share != 0) addScaled(to, from + <usize>load<u32>(order + ((<usize>j) << 2)) * H, share, units);
  }
}

function shareOf(length: i32, step: i32, mean: bool): f32 {
  if (mean) return <f32>1 / <f32>length;
  return step == length - 1 ? 1 : 0;
}

/** to += share from */
export function addScaled(to: usize, from: usize, share: f32, count: i32): void {
  const shares = f32x4.splat(share);
  let u = 0;
  for (; u + 4 <= count; u += 4, to += 16, from += 16) {
    v128.store(to, multiplyAdd(v128.load(to), shares, v128.load(from)));
  }
  for (; u < count; u++, to += 4, from += 4) store<f32>(to, load<f32>(to) + share * load<f32>(from));
}
