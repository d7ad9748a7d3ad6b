/**
 * Optimizer steps, in place, over a run of float32 values or over rows of a table. Addresses in bytes; `rows` are int32
 * row numbers, whose gradients lie one after the other. Row 0, the padding, stays.
 */

/**
 * Adam in the epsilon-hat form (Kingma and Ba, ICLR 2015, section 2): m += (g - m) share1, v += (g^2 - v) share2,
 * value -= rate m / (sqrt(v) + epsilon), with the bias corrections in the rate.
 */
export function adam(
  values: usize,
  m: usize,
  v: usize,
  gradients: usize,
  count: i32,
  rate: f32,
  share1: f32,
  share2: f32,
  epsilon: f32,
): void {
  const rates = f32x4.splat(rate);
  const shares1 = f32x4.splat(share1);
  const shares2 = f32x4.splat(share2);
  const epsilons = f32x4.splat(epsilon);
  let i = 0;
  for (; i + 4 <= count; i += 4, values += 16, m += 16, v += 16, gradients += 16) {
    const g = v128.load(gradients);
    let first = v128.load(m);
    let second = v128.load(v);
    first = f32x4.add(first, f32x4.mul(f32x4.sub(g, first), shares1));
    second = f32x4.add(second, f32x4.mul(f32x4.sub(f32x4.mul(g, g), second), shares2));
    v128.store(m, first);
    v128.store(v, second);
    const step = f32x4.div(f32x4.mul(rates, first), f32x4.add(f32x4.sqrt(second), epsilons));
    v128.store(values, f32x4.sub(v128.load(values), step));
  }
  for (; i < count; i++, values += 4, m += 4, v += 4, gradients += 4) {
    const g = load<f32>(gradients);
    const first = load<f32>(m) + (g - load<f32>(m)) * share1;
    const second = load<f32>(v) + (g * g - load<f32>(v)) * share2;
    store<f32>(m, first);
    store<f32>(v, second);
    store<f32>(values, load<f32>(values) - (rate * first) / (sqrt<f32>(second) + epsilon));
  }
}

export function adamRows(
  table: usize,
  m: usize,
  v: usize,
  width: i32,
  rows: usize,
  count: i32,
  gradients: usize,
  rate: f32,
  share1: f32,
  share2: f32,
  epsilon: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++, rows += 4, gradients += bytes) {
    const at = <usize>load<u32>(rows) * bytes;
    if (at != 0) adam(table + at, m + at, v + at, gradients, width, rate, share1, share2, epsilon);
  }
}

/**
 * Adagrad (Duchi, Hazan, Singer, JMLR 2011): sum += g^2, value -= rate g / (sqrt(sum) + epsilon). Where there is no
 * gradient there is no move: 0 / 0 would be none.
 */
export function adagrad(
  values: usize,
  sum: usize,
  gradients: usize,
  count: i32,
  rate: f32,
  epsilon: f32,
): void {
  for (let i = 0; i < count; i++, values += 4, sum += 4, gradients += 4) {
    const g = load<f32>(gradients);
    if (g == 0) continue;
    const squares = load<f32>(sum) + g * g;
    store<f32>(sum, squares);
    store<f32>(values, load<f32>(values) - (rate * g) / (sqrt<f32>(squares) + epsilon));
  }
}

export function adagradRows(
  table: usize,
  sum: usize,
  width: i32,
  rows: usize,
  count: i32,
  gradients: usize,
  rate: f32,
  epsilon: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++, rows += 4, gradients += bytes) {
    const at = <usize>load<u32>(rows) * bytes;
    if (at != 0) adagrad(table + at, sum + at, gradients, width, rate, epsilon);
  }
}

/** Gradient descent: value -= rate g. */
export function descend(values: usize, gradients: usize, count: i32, rate: f32): void {
  const rates = f32x4.splat(rate);
  let i = 0;
  for (; i + 4 <= count; i += 4, values += 16, gradients += 16) {
    v128.store(values, f32x4.sub(v128.load(values), f32x4.mul(rates, v128.load(gradients))));
  }
  for (; i < count; i++, values += 4, gradients += 4) {
    store<f32>(values, load<f32>(values) - rate * load<f32>(gradients));
  }
}

export function descendRows(
  table: usize,
  width: i32,
  rows: usize,
  count: i32,
  gradients: usize,
  rate: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++, rows += 4, gradients += bytes) {
    const at = <usize>load<u32>(rows) * bytes;
    if (at != 0) descend(table + at, gradients, width, rate);
  }
}
