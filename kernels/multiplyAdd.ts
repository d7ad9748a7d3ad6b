/** Sums of products, the steps of nearly all that the kernels compute. */

/** c + a b of four float32 values: rounded once where the machine has such an instruction, else twice. */
export function multiplyAdd(c: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** As `multiplyAdd`, of two float64 values. */
export function multiplyAdd64(c: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(c, f64x2.mul(a, b));
}
