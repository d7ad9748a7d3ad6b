import type { Tensor } from '../../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { Bits, OptimizerSettings } from '../../recipe/recipe.ts';
import { Optimizer } from '../../training/optimizer.ts';
import type { CodingScheme, FixedPointCoding, PartLayout, Parts, RowCode } from '../coding.ts';
import { partOf } from '../partOf.ts';
import { storageOf } from '../storage.ts';

/**
 * Uniform quantization: a value is offset + code * scale, with codes from 0 to L - 1. Without a zero point the offset is
 * -scale (L - 1)/2, so that the levels lie even about 0: two are a sign (binary), three are -1, 0 and 1 times the scale
 * (ternary). Scale and offset are those with the least squared error among shrunken ranges: at few bits it is better to
 * clip what lies far out. Training goes straight through the rounding (Bengio et al., 2013): an exact copy is moved by
 * the optimizer, its rounding is what the model reads; scales stay.
 */
export const fixedPoint: CodingScheme<FixedPointCoding> = {
  check({ bits, scale, zeroPoint }, fault) {
    if (bits !== 'ternary' && !(Number.isInteger(bits) && Number(bits) >= 1 && Number(bits) <= 16)) {
      throw fault('bits');
    }
    if (scale !== 'table' && scale !== 'row') throw fault('scale');
    if (typeof zeroPoint !== 'boolean') throw fault('zeroPoint');
    return { kind: 'fixed-point', bits: bits as Bits, scale, zeroPoint };
  },

  encode({ data, shape }, coding) {
    const [rows = 0, columns = 0] = shape;
    const groups = coding.scale === 'row' ? rows : 1;
    const scales = new Float32Array(groups);
    const offsets = new Float32Array(groups);
    for (let g = 0; g < groups; g++) {
      const range = bestRange(groups === 1 ? data : data.subarray(g * columns, (g + 1) * columns), coding);
      scales[g] = range.scale;
      offsets[g] = range.offset;
    }
    const grid = { scales, offsets, top: levels(coding.bits) - 1 };
    const codes = new Float32Array(data.length);
    for (let r = 0; r < rows; r++) quantizeRow(data, codes, r, columns, grid);
    const parts = new Map<string, Tensor>([
      ['codes', { shape: [rows, columns], data: codes }],
      ['scales', { shape: [groups], data: scales }],
    ]);
    if (coding.zeroPoint) parts.set('offsets', { shape: [groups], data: offsets });
    return parts;
  },

  decode(parts, rows, columns, coding) {
    const values = new Float32Array(rows * columns);
    const codes = partOf(parts, 'codes', rows * columns);
    const grid = gridOf(parts, coding);
    for (let r = 0; r < rows; r++) valuesOfRow(codes, values, r, columns, grid);
    return values;
  },

  layout,

  cost: (rows, columns, coding) => ({
    ...storageOf(layout(rows, columns, coding)),
    flopsPerRow: 2 * columns,
  }),

  open: (workspace, value, coding, parts, optimizer) =>
    new FixedPointRows(workspace, value, coding, parts, optimizer),
};

function layout(
  rows: number,
  columns: number,
  { bits, scale, zeroPoint }: FixedPointCoding,
): ReadonlyMap<string, PartLayout> {
  const floats = { shape: [scale === 'row' ? rows : 1], bits: 32 };
  return new Map<string, PartLayout>([
    ['codes', { shape: [rows, columns], bits }],
    ['scales', floats],
    ...(zeroPoint ? [['offsets', floats] as const] : []),
  ]);
}

/** L */
export function levels(bits: Bits): number {
  return bits === 'ternary' ? 3 : 2 ** bits;
}

class FixedPointRows implements RowCode {
  readonly #value: Matrix;
  readonly #latent: Matrix;
  readonly #optimizer: Optimizer;
  readonly #workspace: Workspace;
  readonly #parts: Parts;
  readonly #grid: Grid;

  constructor(
    workspace: Workspace,
    value: Matrix,
    coding: FixedPointCoding,
    parts: Parts,
    optimizer: OptimizerSettings,
  ) {
    this.#workspace = workspace;
    this.#value = value;
    this.#parts = parts;
    this.#grid = gridOf(parts, coding);
    this.#latent = workspace.keep(value.rows, value.columns);
    this.#latent.data.set(value.data);
    this.#optimizer = new Optimizer(optimizer, workspace, this.#latent);
    this.#roundAll();
  }

  read(): void {
    // Every row of the value is always what its code says: scales do not move.
  }

  step(rows: number, count: number, gradients: Matrix, rate: number): void {
    this.#optimizer.applyRows(rows, count, gradients, rate);
    const [latent, value] = [this.#latent.data, this.#value.data];
    for (const row of new Int32Array(this.#workspace.buffer, rows, count)) this.#round(latent, value, row);
  }

  stepAll(gradients: Matrix, rate: number): void {
    this.#optimizer.apply(gradients, rate);
    this.#roundAll();
  }

  parts(): Parts {
    const { rows, columns } = this.#value;
    const codes = new Float32Array(rows * columns);
    const latent = this.#latent.data;
    for (let r = 0; r < rows; r++) quantizeRow(latent, codes, r, columns, this.#grid);
    return new Map([...this.#parts, ['codes', { shape: [rows, columns], data: codes }]]);
  }

  state(): Parts {
    const { rows, columns } = this.#latent;
    return new Map([
      ['latent', { shape: [rows, columns], data: this.#latent.data }],
      ...this.#optimizer.state(),
    ]);
  }

  restore(state: Parts): void {
    const latent = partOf(state, 'latent', this.#latent.rows * this.#latent.columns);
    this.#optimizer.restore(state);
    this.#latent.data.set(latent);
    this.#roundAll();
  }

  #roundAll(): void {
    const [latent, value] = [this.#latent.data, this.#value.data];
    for (let row = 0; row < this.#value.rows; row++) this.#round(latent, value, row);
  }

  #round(latent: Float32Array, value: Float32Array, row: number): void {
    quantizeRow(latent, value, row, this.#value.columns, this.#grid);
    valuesOfRow(value, value, row, this.#value.columns, this.#grid);
  }
}

interface Grid {
  readonly scales: Float32Array;
  readonly offsets: Float32Array;
  /** L - 1 */
  readonly top: number;
}

function gridOf(parts: Parts, { bits, zeroPoint }: FixedPointCoding): Grid {
  const scales = partOf(parts, 'scales');
  const top = levels(bits) - 1;
  const offsets = zeroPoint
    ? partOf(parts, 'offsets', scales.length)
    : scales.map((scale) => (-scale * top) / 2);
  return { scales, offsets, top };
}

function quantizeRow(
  from: Float32Array,
  codes: Float32Array,
  row: number,
  columns: number,
  grid: Grid,
): void {
  const group = grid.scales.length === 1 ? 0 : row;
  const [scale, offset] = [grid.scales[group]!, grid.offsets[group]!];
  const inverse = scale === 0 ? 0 : 1 / scale;
  for (let i = row * columns; i < (row + 1) * columns; i++) {
    const code = Math.floor((from[i]! - offset) * inverse + 0.5);
    codes[i] = code < 0 ? 0 : code > grid.top ? grid.top : code;
  }
}

function valuesOfRow(codes: Float32Array, to: Float32Array, row: number, columns: number, grid: Grid): void {
  const group = grid.scales.length === 1 ? 0 : row;
  const [scale, offset] = [grid.scales[group]!, grid.offsets[group]!];
  for (let i = row * columns; i < (row + 1) * columns; i++) to[i] = offset + codes[i]! * scale;
}

/** Ranges that are tried: the whole one, and shrunken ones down to a tenth. */
const shrinkings = Array.from({ length: 37 }, (_, i) => 1 - 0.025 * i);

/** The scale and offset with the least squared error among shrunken ranges. */
function bestRange(
  values: Float32Array,
  { bits, zeroPoint }: FixedPointCoding,
): { readonly scale: number; readonly offset: number } {
  const top = levels(bits) - 1;
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const counted = countValues(values, low, high);
  if (!zeroPoint) {
    high = Math.max(-low, high);
    low = -high;
  }
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  let best = { scale: 0, offset: middle, error: Infinity };
  for (const share of shrinkings) {
    const scale = Math.fround((2 * half * share) / top);
    const offset = Math.fround(zeroPoint ? middle - half * share : (-scale * top) / 2);
    const error = squaredError(counted, scale, offset, top);
    if (error < best.error) best = { scale, offset, error };
  }
  return best;
}

interface Counted {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/** Of a larger table values are counted by so many steps of their range, its ends exact. */
const countedSteps = 65_536;

function countValues(values: Float32Array, low: number, high: number): Counted {
  if (values.length <= countedSteps) {
    return { values: Float64Array.from(values), counts: new Float64Array(values.length).fill(1) };
  }
  const step = (high - low) / (countedSteps - 1);
  const counts = new Float64Array(countedSteps);
  const inverse = step > 0 ? 1 / step : 0;
  for (let i = 0; i < values.length; i++) counts[Math.floor((values[i]! - low) * inverse + 0.5)]!++;
  const used = Uint32Array.from(counts.keys()).filter((i) => counts[i]! > 0);
  return {
    values: Float64Array.from(used, (i) => low + i * step),
    counts: Float64Array.from(used, (i) => counts[i]!),
  };
}

function squaredError({ values, counts }: Counted, scale: number, offset: number, top: number): number {
  const inverse = scale === 0 ? 0 : 1 / scale;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = values[i]! - offset;
    const code = Math.floor(distance * inverse + 0.5);
    const error = distance - (code < 0 ? 0 : code > top ? top : code) * scale;
    sum += counts[i]! * error * error;
  }
  return sum;
}
