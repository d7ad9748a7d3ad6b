/**
 * Optimizer steps, in place, over a run of float32 values or over rows of a table. Addresses in bytes.
 *
 * All rules have one signature: `first` and `second` are the addresses of what a rule remembers of each value, 0 where it
 * remembers less; what `a`, `b` and `epsilon` are is said at each rule.
 */

/**
 * One step of `count` values.
 *
 * @param rule the rule's number, as src/core/training/optimizer.ts has it
 */
export function update(
  rule: i32,
  values: usize,
  first: usize,
  second: usize,
  gradients: usize,
  count: i32,
  rate: f32,
  a: f32,
  b: f32,
  epsilon: f32,
): void {
  switch (rule) {
    case 0:
      descend(values, gradients, count, rate);
      break;
    case 1:
      momentum(values, first, gradients, count, rate, a, false);
      break;
    case 2:
      momentum(values, first, gradients, count, rate, a, true);
      break;
    case 3:
      adagrad(values, first, gradients, count, rate, epsilon);
      break;
    case 4:
      adadelta(values, first, second, gradients, count, rate, a, epsilon);
      break;
    case 5:
      rmsprop(values, first, gradients, count, rate, a, epsilon);
      break;
    case 6:
      adam(values, first, second, gradients, count, rate, a, b, epsilon);
      break;
    default:
      unreachable();
  }
}

/**
 * One step of some rows, whose gradients lie one after the other. Row 0, the padding, stays.
 *
 * @param rows int32 row numbers
 */
export function updateRows(
  rule: i32,
  table: usize,
  first: usize,
  second: usize,
  width: i32,
  rows: usize,
  count: i32,
  gradients: usize,
  rate: f32,
  a: f32,
  b: f32,
  epsilon: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++, rows += 4, gradients += bytes) {
    const at = <usize>load<u32>(rows) * bytes;
    if (at != 0) update(rule, table + at, first + at, second + at, gradients, width, rate, a, b, epsilon);
  }
}

/** Gradient descent: value -= rate g. */
function descend(values: usize, gradients: usize, count: i32, rate: f32): void {
  const rates = f32x4.splat(rate);
  let i = 0;
  for (; i + 4 <= count; i += 4, values += 16, gradients += 16) {
    v128.store(values, f32x4.sub(v128.load(values), f32x4.mul(rates, v128.load(gradients))));
  }
  for (; i < count; i++, values += 4, gradients += 4) {
    store<f32>(values, load<f32>(values) - rate * load<f32>(gradients));
  }
}

/**
 * Momentum (Polyak, 1964): velocity = a velocity + g, value -= rate velocity. With `ahead`, Nesterov's, as Sutskever et
 * al. (ICML 2013) write it for the values ahead: value -= rate (g + a velocity).
 */
function momentum(
  values: usize,
  velocity: usize,
  gradients: usize,
  count: i32,
  rate: f32,
  a: f32,
  ahead: bool,
): void {
  const rates = f32x4.splat(rate);
  const kept = f32x4.splat(a);
  let i = 0;
  for (; i + 4 <= count; i += 4, values += 16, velocity += 16, gradients += 16) {
    const g = v128.load(gradients);
    const v = f32x4.add(f32x4.mul(kept, v128.load(velocity)), g);
    v128.store(velocity, v);
    const step = ahead ? f32x4.add(g, f32x4.mul(kept, v)) : v;
    v128.store(values, f32x4.sub(v128.load(values), f32x4.mul(rates, step)));
  }
  for (; i < count; i++, values += 4, velocity += 4, gradients += 4) {
    const g = load<f32>(gradients);
    const v = a * load<f32>(velocity) + g;
    store<f32>(velocity, v);
    store<f32>(values, load<f32>(values) - rate * (ahead ? g + a * v : v));
  }
}

/**
 * Adagrad (Duchi, Hazan, Singer, JMLR 2011): sum += g^2, value -= rate g / (sqrt(sum) + epsilon). Where there is no
 * gradient there is no move: 0 / 0 would be none.
 */
function adagrad(values: usize, sum: usize, gradients: usize, count: i32, rate: f32, epsilon: f32): void {
  const zero = f32x4.splat(0);
  const rates = f32x4.splat(rate);
  const epsilons = f32x4.splat(epsilon);
  let i = 0;
  for (; i + 4 <= count; i += 4, values += 16, sum += 16, gradients += 16) {
    const g = v128.load(gradients);
    const squares = f32x4.add(v128.load(sum), f32x4.mul(g, g));
    v128.store(sum, squares);
    const step = f32x4.div(f32x4.mul(rates, g), f32x4.add(f32x4.sqrt(squares), epsilons));
    v128.store(values, f32x4.sub(v128.load(values), v128.and(step, f32x4.ne(g, zero))));
  }
  for (; i < count; i++, values += 4, sum += 4, gradients += 4) {
    const g = load<f32>(gradients);
    const squares = load<f32>(sum) + g * g;
    store<f32>(sum, squares);
    if (g != 0) store<f32>(values, load<f32>(values) - (rate * g) / (sqrt<f32>(squares) + epsilon));
  }
}

/**
 * Adadelta (Zeiler, 2012): squares += (g^2 - squares) a, step = g sqrt(updates + epsilon) / sqrt(squares + epsilon),
 * updates += (step^2 - updates) a, value -= rate step.
 */
function adadelta(
  values: usize,
  squares: usize,
  updates: usize,
  gradients: usize,
  count: i32,
  rate: f32,
  a: f32,
  epsilon: f32,
): void {
  const rates = f32x4.splat(rate);
  const shares = f32x4.splat(a);
  const epsilons = f32x4.splat(epsilon);
  let i = 0;
  for (; i + 4 <= count; i += 4, values += 16, squares += 16, updates += 16, gradients += 16) {
    const g = v128.load(gradients);
    let s = v128.load(squares);
    let u = v128.load(updates);
    s = f32x4.add(s, f32x4.mul(f32x4.sub(f32x4.mul(g, g), s), shares));
    const root = f32x4.div(f32x4.sqrt(f32x4.add(u, epsilons)), f32x4.sqrt(f32x4.add(s, epsilons)));
    const step = f32x4.mul(g, root);
    u = f32x4.add(u, f32x4.mul(f32x4.sub(f32x4.mul(step, step), u), shares));
    v128.store(squares, s);
    v128.store(updates, u);
    v128.store(values, f32x4.sub(v128.load(values), f32x4.mul(rates, step)));
  }
  for (; i < count; i++, values += 4, squares += 4, updates += 4, gradients += 4) {
    const g = load<f32>(gradients);
    let s = load<f32>(squares);
    let u = load<f32>(updates);
    s = s + (g * g - s) * a;
    const step = g * (sqrt<f32>(u + epsilon) / sqrt<f32>(s + epsilon));
    u = u + (step * step - u) * a;
    store<f32>(squares, s);
    store<f32>(updates, u);
    store<f32>(values, load<f32>(values) - rate * step);
  }
}

/** RMSprop (Tieleman and Hinton, 2012): squares += (g^2 - squares) a, value -= rate g / (sqrt(squares) + epsilon). */
function rmsprop(
  values: usize,
  squares: usize,
  gradients: usize,
  count: i32,
  rate: f32,
  a: f32,
  epsilon: f32,
): void {
  const rates = f32x4.splat(rate);
  const shares = f32x4.splat(a);
  const epsilons = f32x4.splat(epsilon);
  let i = 0;
  for (; i + 4 <= count; i += 4, values += 16, squares += 16, gradients += 16) {
    const g = v128.load(gradients);
    let s = v128.load(squares);
    s = f32x4.add(s, f32x4.mul(f32x4.sub(f32x4.mul(g, g), s), shares));
    v128.store(squares, s);
    const step = f32x4.div(f32x4.mul(rates, g), f32x4.add(f32x4.sqrt(s), epsilons));
    v128.store(values, f32x4.sub(v128.load(values), step));
  }
  for (; i < count; i++, values += 4, squares += 4, gradients += 4) {
    const g = load<f32>(gradients);
    const s = load<f32>(squares) + (g * g - load<f32>(squares)) * a;
    store<f32>(squares, s);
    store<f32>(values, load<f32>(values) - (rate * g) / (sqrt<f32>(s) + epsilon));
  }
}

/**
 * Adam in the epsilon-hat form (Kingma and Ba, ICLR 2015, section 2): m += (g - m) a, v += (g^2 - v) b,
 * value -= rate m / (sqrt(v) + epsilon), with the bias corrections in the rate.
 */
function adam(
  values: usize,
  m: usize,
  v: usize,
  gradients: usize,
  count: i32,
  rate: f32,
  a: f32,
  b: f32,
  epsilon: f32,
): void {
  const rates = f32x4.splat(rate);
  const shares1 = f32x4.splat(a);
  const shares2 = f32x4.splat(b);
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
    const first = load<f32>(m) + (g - load<f32>(m)) * a;
    const second = load<f32>(v) + (g * g - load<f32>(v)) * b;
    store<f32>(m, first);
    store<f32>(v, second);
    store<f32>(values, load<f32>(values) - (rate * first) / (sqrt<f32>(second) + epsilon));
  }
}
