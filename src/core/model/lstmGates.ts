const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Math.tanh is several times slower, and float32 needs no more. */
const tanh = (x: number): number => 1 - 2 / (Math.exp(2 * x) + 1);

/**
 * One step of the LSTM's gates for `active` sentences, in Keras's order i, f, c, o:
 * c_t = f c_(t-1) + i g and h_t = o tanh(c_t).
 *
 * @param gates tokens x 4H, the pre-activations of this step at row `from`; overwritten by the activations.
 * @param cells tokens x H, written at row `from`, read at row `previous` (negative: the zero state).
 * @param hidden tokens x H, written at row `from`.
 * @param peephole 3 x H: i, f, o.
 */
export function gatesForward(
  gates: Float32Array,
  cells: Float32Array,
  hidden: Float32Array,
  from: number,
  previous: number,
  active: number,
  units: number,
  peephole: Float32Array | undefined,
): void {
  for (let j = 0; j < active; j++) {
    let g = (from + j) * 4 * units;
    let at = (from + j) * units;
    let before = (previous + j) * units;
    for (let u = 0; u < units; u++, g++, at++, before++) {
      const cellBefore = previous < 0 ? 0 : cells[before]!;
      let zi = gates[g]!;
      let zf = gates[g + units]!;
      if (peephole !== undefined) {
        zi += peephole[u]! * cellBefore;
        zf += peephole[units + u]! * cellBefore;
      }
      const i = sigmoid(zi);
      const f = sigmoid(zf);
      const c = tanh(gates[g + 2 * units]!);
      const cell = f * cellBefore + i * c;
      let zo = gates[g + 3 * units]!;
      if (peephole !== undefined) zo += peephole[2 * units + u]! * cell;
      const o = sigmoid(zo);
      gates[g] = i;
      gates[g + units] = f;
      gates[g + 2 * units] = c;
      gates[g + 3 * units] = o;
      cells[at] = cell;
      hidden[at] = o * tanh(cell);
    }
  }
}

/**
 * The same step backward.
 *
 * @param hiddenGradients active x H, dL/dh_t.
 * @param cellGradients at least active x H: dL/dc_t from the step after, replaced by dL/dc_(t-1).
 * @param gateGradients tokens x 4H, dL/d pre-activations, written at row `from`.
 * @param peepholeGradient 3 x H, added to.
 */
export function gatesBackward(
  gates: Float32Array,
  cells: Float32Array,
  from: number,
  previous: number,
  active: number,
  units: number,
  peephole: Float32Array | undefined,
  hiddenGradients: Float32Array,
  cellGradients: Float32Array,
  gateGradients: Float32Array,
  peepholeGradient: Float32Array | undefined,
): void {
  for (let j = 0; j < active; j++) {
    let g = (from + j) * 4 * units;
    let at = (from + j) * units;
    let before = (previous + j) * units;
    let local = j * units;
    for (let u = 0; u < units; u++, g++, at++, before++, local++) {
      const i = gates[g]!;
      const f = gates[g + units]!;
      const c = gates[g + 2 * units]!;
      const o = gates[g + 3 * units]!;
      const cell = cells[at]!;
      const cellBefore = previous < 0 ? 0 : cells[before]!;
      const squashed = tanh(cell);
      const dh = hiddenGradients[local]!;
      const dzo = dh * squashed * o * (1 - o);
      let dc = cellGradients[local]! + dh * o * (1 - squashed * squashed);
      if (peephole !== undefined) dc += dzo * peephole[2 * units + u]!;
      const dzi = dc * c * i * (1 - i);
      const dzf = dc * cellBefore * f * (1 - f);
      const dzc = dc * i * (1 - c * c);
      let dBefore = dc * f;
      if (peephole !== undefined && peepholeGradient !== undefined) {
        dBefore += dzi * peephole[u]! + dzf * peephole[units + u]!;
        peepholeGradient[u]! += dzi * cellBefore;
        peepholeGradient[units + u]! += dzf * cellBefore;
        peepholeGradient[2 * units + u]! += dzo * cell;
      }
      cellGradients[local] = dBefore;
      gateGradients[g] = dzi;
      gateGradients[g + units] = dzf;
      gateGradients[g + 2 * units] = dzc;
      gateGradients[g + 3 * units] = dzo;
    }
  }
}
