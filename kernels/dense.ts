/** What a dense layer does beside its products. Addresses in bytes, counts in values. */

/** Adds a row vector to every row; with `relu` negative results become 0. */
export function addBias(y: usize, bias: usize, rows: i32, columns: i32, relu: bool): void {
  const zero = f32x4.splat(0);
  for (let r = 0; r < rows; r++) {
    let c = 0;
    let at = bias;
    for (; c + 4 <= columns; c += 4, y += 16, at += 16) {
      let value = f32x4.add(v128.load(y), v128.load(at));
      if (relu) value = f32x4.max(value, zero);
      v128.store(y, value);
    }
    for (; c < columns; c++, y += 4, at += 4) {
      const value = load<f32>(y) + load<f32>(at);
      store<f32>(y, relu && value < 0 ? 0 : value);
    }
  }
}

/** Takes the gradient away where the layer's output is 0. */
export function reluBackward(y: usize, gradient: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4, y += 16, gradient += 16) {
    v128.store(gradient, v128.and(v128.load(gradient), f32x4.ne(v128.load(y), zero)));
  }
  for (; i < count; i++, y += 4, gradient += 4) if (load<f32>(y) == 0) store<f32>(gradient, 0);
}

/** The sum over rows. */
export function columnSums(x: usize, rows: i32, columns: i32, sums: usize): void {
  memory.fill(sums, 0, (<usize>columns) << 2);
  for (let r = 0; r < rows; r++) {
    let c = 0;
    let at = sums;
    for (; c + 4 <= columns; c += 4, x += 16, at += 16) {
      v128.store(at, f32x4.add(v128.load(at), v128.load(x)));
    }
    for (; c < columns; c++, x += 4, at += 4) store<f32>(at, load<f32>(at) + load<f32>(x));
  }
}

/** to += from */
export function add(to: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4, to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
  for (; i < count; i++, to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}

/**
 * Inverted dropout (Srivastava et al., 2014): y = x f, with the factor f 0 where the random word is below the threshold
 * and `keep` elsewhere.
 *
 * @param factors holds one random word a value, replaced by the factors
 */
export function dropUnits(x: usize, factors: usize, y: usize, count: i32, threshold: u32, keep: f32): void {
  for (let i = 0; i < count; i++, x += 4, factors += 4, y += 4) {
    const factor: f32 = load<u32>(factors) < threshold ? 0 : keep;
    store<f32>(factors, factor);
    store<f32>(y, factor * load<f32>(x));
  }
}

/** x *= factors */
export function multiply(x: usize, factors: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4, x += 16, factors += 16) {
    v128.store(x, f32x4.mul(v128.load(x), v128.load(factors)));
  }
  for (; i < count; i++, x += 4, factors += 4) store<f32>(x, load<f32>(x) * load<f32>(factors));
}

/** Of rows x columns values. */
export function transpose(from: usize, rows: i32, columns: i32, to: usize): void {
  const down = (<usize>rows) << 2;
  for (let r = 0; r < rows; r++, to += 4) {
    let at = to;
    for (let c = 0; c < columns; c++, from += 4, at += down) store<f32>(at, load<f32>(from));
  }
}
