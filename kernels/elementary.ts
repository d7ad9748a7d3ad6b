/** Elementary functions of four float32 values at once. */
import { multiplyAdd } from './multiplyAdd';

/**
 * e^x to 2 units in the last place: 2^n e^r with |r| <= ln 2 / 2, e^r by a polynomial (after Cephes' expf). Arguments
 * are held within what float32 can give; NaN stays NaN.
 */
export function exp(x: v128): v128 {
  // The second argument of pmin and pmax is kept where the first is NaN or not better: one instruction each.
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87)), f32x4.splat(88));
  // 1.5 * 2^23 shifts the fraction out of the significand: what is left is n, and in the lowest bits as an integer, too.
  const shift = f32x4.splat(12582912);
  const shifted = multiplyAdd(shift, x, f32x4.splat(1.4426950408889634));
  const n = f32x4.sub(shifted, shift);
  // ln 2 in two parts, so that r keeps its digits.
  let r = multiplyAdd(x, n, f32x4.splat(-0.693359375));
  r = multiplyAdd(r, n, f32x4.splat(2.1219444e-4));
  let p = f32x4.splat(1.98756915e-4);
  p = multiplyAdd(f32x4.splat(1.3981999507e-3), p, r);
  p = multiplyAdd(f32x4.splat(8.3334519073e-3), p, r);
  p = multiplyAdd(f32x4.splat(4.1665795894e-2), p, r);
  p = multiplyAdd(f32x4.splat(1.6666665459e-1), p, r);
  p = multiplyAdd(f32x4.splat(5.0000001201e-1), p, r);
  p = f32x4.add(multiplyAdd(r, f32x4.mul(p, r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** 1 / (1 + e^-x) */
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/**
 * To 4e-7: x P(x^2) / Q(x^2), with the coefficients fitted to the least relative error on [-8.5, 8.5], outside which
 * float32 has but 1 and -1. NaN stays NaN.
 */
export function tanh(x: v128): v128 {
  const one = f32x4.splat(1);
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-8.5)), f32x4.splat(8.5));
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(2.07239547e-11);
  p = multiplyAdd(f32x4.splat(-1.37189418e-8), p, z);
  p = multiplyAdd(f32x4.splat(9.57374348e-6), p, z);
  p = multiplyAdd(f32x4.splat(2.95387789e-3), p, z);
  p = multiplyAdd(f32x4.splat(1.29498913e-1), p, z);
  p = multiplyAdd(f32x4.splat(0.999999966), p, z);
  let q = f32x4.splat(2.32703267e-4);
  q = multiplyAdd(f32x4.splat(2.38983001e-2), q, z);
  q = multiplyAdd(f32x4.splat(4.62831946e-1), q, z);
  q = multiplyAdd(one, q, z);
  const y = f32x4.div(f32x4.mul(x, p), q);
  return f32x4.pmin(f32x4.pmax(y, f32x4.neg(one)), one);
}

/** Four values, or those of the row that are left, the rest of the lanes 0. */
export function loadSome(at: usize, left: i32): v128 {
  if (left >= 4) return v128.load(at);
  let values = v128.load32_zero(at);
  if (left > 1) values = f32x4.replace_lane(values, 1, load<f32>(at, 4));
  if (left > 2) values = f32x4.replace_lane(values, 2, load<f32>(at, 8));
  return values;
}

export function storeSome(at: usize, values: v128, left: i32): void {
  if (left >= 4) {
    v128.store(at, values);
    return;
  }
  store<f32>(at, f32x4.extract_lane(values, 0));
  if (left > 1) store<f32>(at, f32x4.extract_lane(values, 1), 4);
  if (left > 2) store<f32>(at, f32x4.extract_lane(values, 2), 8);
}
