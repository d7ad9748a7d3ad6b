/**
 * The gates of a gated recurrent unit, in Keras's order z, r, h, for the sentences that are active at one step. The
 * reset gate acts on the recurrent product (Keras's `reset_after`, as in cuDNN). Addresses in bytes, of the step's first
 * row; an address of 0 stands for the zero state.
 */
import { loadSome, sigmoid, storeSome, tanh } from './elementary';

/**
 * z and r = sigmoid(x + u), c = tanh(x + r u) and h_t = z h_(t-1) + (1 - z) c, with x from the input and u from the
 * recurrence, biases included.
 *
 * @param gates active x 3H, x, replaced by z, r, c
 * @param inner active x 3H, u
 * @param before active x H, h_(t-1), or 0
 * @param hidden active x H, written
 */
export function gruForward(
  gates: usize,
  inner: usize,
  before: usize,
  hidden: usize,
  active: i32,
  units: i32,
): void {
  const H = (<usize>units) << 2;
  const zero = f32x4.splat(0);
  for (let j = 0; j < active; j++, gates += 2 * H, inner += 2 * H) {
    for (let i = 0; i < units; i += 4) {
      const left = units - i;
      const z = sigmoid(f32x4.add(loadSome(gates, left), loadSome(inner, left)));
      const r = sigmoid(f32x4.add(loadSome(gates + H, left), loadSome(inner + H, left)));
      const u = loadSome(inner + 2 * H, left);
      const c = tanh(f32x4.add(loadSome(gates + 2 * H, left), f32x4.mul(r, u)));
      const old = before == 0 ? zero : loadSome(before, left);
      storeSome(gates, z, left);
      storeSome(gates + H, r, left);
      storeSome(gates + 2 * H, c, left);
      storeSome(hidden, f32x4.add(c, f32x4.mul(z, f32x4.sub(old, c))), left);
      const bytes = (<usize>min(4, left)) << 2;
      gates += bytes;
      inner += bytes;
      hidden += bytes;
      if (before != 0) before += bytes;
    }
  }
}

/**
 * The same step backward.
 *
 * @param gates active x 3H: z, r, c
 * @param inner active x 3H, u
 * @param hiddenGradients active x H: dL/dh_t, replaced by the part of dL/dh_(t-1) that does not go through u
 * @param gateGradients active x 3H, dL/dx, written
 * @param innerGradients active x 3H, dL/du, written
 */
export function gruBackward(
  gates: usize,
  inner: usize,
  before: usize,
  hiddenGradients: usize,
  gateGradients: usize,
  innerGradients: usize,
  active: i32,
  units: i32,
): void {
  const H = (<usize>units) << 2;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let j = 0; j < active; j++) {
    for (let i = 0; i < units; i += 4) {
      const left = units - i;
      const z = loadSome(gates, left);
      const r = loadSome(gates + H, left);
      const c = loadSome(gates + 2 * H, left);
      const u = loadSome(inner + 2 * H, left);
      const old = before == 0 ? zero : loadSome(before, left);
      const dh = loadSome(hiddenGradients, left);
      // sigmoid' = y (1 - y), tanh' = 1 - y^2.
      const dz = f32x4.mul(f32x4.mul(dh, f32x4.sub(old, c)), f32x4.mul(z, f32x4.sub(one, z)));
      const dc = f32x4.mul(f32x4.mul(dh, f32x4.sub(one, z)), f32x4.sub(one, f32x4.mul(c, c)));
      const dr = f32x4.mul(f32x4.mul(dc, u), f32x4.mul(r, f32x4.sub(one, r)));
      storeSome(hiddenGradients, f32x4.mul(dh, z), left);
      storeSome(gateGradients, dz, left);
      storeSome(gateGradients + H, dr, left);
      storeSome(gateGradients + 2 * H, dc, left);
      storeSome(innerGradients, dz, left);
      storeSome(innerGradients + H, dr, left);
      storeSome(innerGradients + 2 * H, f32x4.mul(dc, r), left);
      const bytes = (<usize>min(4, left)) << 2;
      gates += bytes;
      inner += bytes;
      hiddenGradients += bytes;
      gateGradients += bytes;
      innerGradients += bytes;
      if (before != 0) before += bytes;
    }
    gates += 2 * H;
    inner += 2 * H;
    gateGradients += 2 * H;
    innerGradients += 2 * H;
  }
}
