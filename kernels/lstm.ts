/**
 * The gates of a long short-term memory, in Keras's order i, f, c, o, for the sentences that are active at one step.
 * Addresses in bytes, of the step's first row; an address of 0 stands for the zero state or for no peepholes.
 */
import { loadSome, sigmoid, storeSome, tanh } from './elementary';
import { multiplyAdd } from './multiplyAdd';

/**
 * c_t = f c_(t-1) + i g and h_t = o tanh(c_t).
 *
 * @param gates active x 4H pre-activations, replaced by the activations
 * @param cellsBefore active x H, or 0
 * @param cells and hidden: active x H, written
 * @param peephole 3 x H for i, f and o (Gers et al., JMLR 2002), or 0
 */
export function gatesForward(
  gates: usize,
  cellsBefore: usize,
  cells: usize,
  hidden: usize,
  active: i32,
  units: i32,
  peephole: usize,
): void {
  const H = (<usize>units) << 2;
  const zero = f32x4.splat(0);
  for (let j = 0; j < active; j++, gates += 3 * H) {
    for (let u = 0; u < units; u += 4) {
      const left = units - u;
      const before = cellsBefore == 0 ? zero : loadSome(cellsBefore, left);
      let zi = loadSome(gates, left);
      let zf = loadSome(gates + H, left);
      const peep = peephole + ((<usize>u) << 2);
      if (peephole != 0) {
        zi = multiplyAdd(zi, loadSome(peep, left), before);
        zf = multiplyAdd(zf, loadSome(peep + H, left), before);
      }
      const i = sigmoid(zi);
      const f = sigmoid(zf);
      const c = tanh(loadSome(gates + 2 * H, left));
      const cell = multiplyAdd(f32x4.mul(f, before), i, c);
      let zo = loadSome(gates + 3 * H, left);
      if (peephole != 0) zo = multiplyAdd(zo, loadSome(peep + 2 * H, left), cell);
      const o = sigmoid(zo);
      storeSome(gates, i, left);
      storeSome(gates + H, f, left);
      storeSome(gates + 2 * H, c, left);
      storeSome(gates + 3 * H, o, left);
      storeSome(cells, cell, left);
      storeSome(hidden, f32x4.mul(o, tanh(cell)), left);
      const bytes = (<usize>min(4, left)) << 2;
      gates += bytes;
      cells += bytes;
      hidden += bytes;
      if (cellsBefore != 0) cellsBefore += bytes;
    }
  }
}

/**
 * The same step backward.
 *
 * @param gates active x 4H activations
 * @param hiddenGradients active x H, dL/dh_t
 * @param cellGradients active x H: dL/dc_t from the step after, replaced by dL/dc_(t-1)
 * @param gateGradients active x 4H, dL/d pre-activations, written
 */
export function gatesBackward(
  gates: usize,
  cellsBefore: usize,
  cells: usize,
  hiddenGradients: usize,
  cellGradients: usize,
  gateGradients: usize,
  active: i32,
  units: i32,
  peephole: usize,
): void {
  const H = (<usize>units) << 2;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let j = 0; j < active; j++, gates += 3 * H, gateGradients += 3 * H) {
    for (let u = 0; u < units; u += 4) {
      const left = units - u;
      const i = loadSome(gates, left);
      const f = loadSome(gates + H, left);
      const c = loadSome(gates + 2 * H, left);
      const o = loadSome(gates + 3 * H, left);
      const cell = loadSome(cells, left);
      const before = cellsBefore == 0 ? zero : loadSome(cellsBefore, left);
      const squashed = tanh(cell);
      const dh = loadSome(hiddenGradients, left);
      // sigmoid' = y (1 - y), tanh' = 1 - y^2.
      const dzo = f32x4.mul(f32x4.mul(dh, squashed), f32x4.mul(o, f32x4.sub(one, o)));
      let dc = multiplyAdd(
        loadSome(cellGradients, left),
        f32x4.mul(dh, o),
        f32x4.sub(one, f32x4.mul(squashed, squashed)),
      );
      const peep = peephole + ((<usize>u) << 2);
      if (peephole != 0) dc = multiplyAdd(dc, dzo, loadSome(peep + 2 * H, left));
      const dzi = f32x4.mul(f32x4.mul(dc, c), f32x4.mul(i, f32x4.sub(one, i)));
      const dzf = f32x4.mul(f32x4.mul(dc, before), f32x4.mul(f, f32x4.sub(one, f)));
      const dzc = f32x4.mul(f32x4.mul(dc, i), f32x4.sub(one, f32x4.mul(c, c)));
      let dBefore = f32x4.mul(dc, f);
      if (peephole != 0) {
        dBefore = multiplyAdd(dBefore, dzi, loadSome(peep, left));
        dBefore = multiplyAdd(dBefore, dzf, loadSome(peep + H, left));
      }
      storeSome(cellGradients, dBefore, left);
      storeSome(gateGradients, dzi, left);
      storeSome(gateGradients + H, dzf, left);
      storeSome(gateGradients + 2 * H, dzc, left);
      storeSome(gateGradients + 3 * H, dzo, left);
      const bytes = (<usize>min(4, left)) << 2;
      gates += bytes;
      gateGradients += bytes;
      cells += bytes;
      hiddenGradients += bytes;
      cellGradients += bytes;
      if (cellsBefore != 0) cellsBefore += bytes;
    }
  }
}

/**
 * dL/d peepholes of the same step, after its other gradients.
 *
 * @param gateGradients active x 4H, dL/d pre-activations
 * @param gradient 3 x H, added to
 */
export function peepholesBackward(
  gateGradients: usize,
  cellsBefore: usize,
  cells: usize,
  active: i32,
  units: i32,
  gradient: usize,
): void {
  const H = (<usize>units) << 2;
  for (let j = 0; j < active; j++, gateGradients += 3 * H) {
    for (let u = 0; u < units; u += 4) {
      const left = units - u;
      const before = cellsBefore == 0 ? f32x4.splat(0) : loadSome(cellsBefore, left);
      const to = gradient + ((<usize>u) << 2);
      storeSome(to, multiplyAdd(loadSome(to, left), loadSome(gateGradients, left), before), left);
      storeSome(to + H, multiplyAdd(loadSome(to + H, left), loadSome(gateGradients + H, left), before), left);
      const dzo = loadSome(gateGradients + 3 * H, left);
      storeSome(to + 2 * H, multiplyAdd(loadSome(to + 2 * H, left), dzo, loadSome(cells, left)), left);
      const bytes = (<usize>min(4, left)) << 2;
      gateGradients += bytes;
      cells += bytes;
      if (cellsBefore != 0) cellsBefore += bytes;
    }
  }
}
