import type { Tensor } from '../../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { OptimizerSettings } from '../../recipe/recipe.ts';
import type { CodingScheme, PartLayout, Parts, RowCode, SparseCoding } from '../coding.ts';
import { gradualSparsity } from '../gradualSparsity.ts';
import { keptValues, largestValues } from '../largestValues.ts';
import { MaskedRows } from '../maskedRows.ts';
import { partOf } from '../partOf.ts';
import { storageOf } from '../storage.ts';

/**
 * The values of largest magnitude; the others are 0 (Han et al., NIPS 2015). In training those stay 0. Where it is
 * gradual, values go at the beginning of each epoch until the first half of them is over (Zhu and Gupta, 2017).
 *
 * Parts: `values` [kept], row after row, and where they are: `mask` [m, n], a bit for each value, or, where that takes
 * less, `counts` [m], how many a row has, and `columns` [kept], in each row ascending.
 */
export const sparse: CodingScheme<SparseCoding> = {
  check({ sparsity, gradual }, fault) {
    if (typeof sparsity !== 'number' || !(sparsity > 0 && sparsity < 1)) throw fault('sparsity');
    if (typeof gradual !== 'boolean') throw fault('gradual');
    return { kind: 'sparse', sparsity, gradual };
  },

  encode({ data, shape }, coding) {
    const [rows = 0, columns = 0] = shape;
    const kept = largestValues(data, keptValues(rows, columns, coding.sparsity));
    return partsOf(data, kept, rows, columns, coding);
  },

  decode(parts, rows, columns, coding) {
    const mask = maskOf(parts, rows, columns, coding);
    const kept = partOf(parts, 'values');
    let next = 0;
    return Float32Array.from(mask, (marked) => (marked === 1 ? kept[next++]! : 0));
  },

  layout,

  cost: (rows, columns, coding) => ({ ...storageOf(layout(rows, columns, coding)), flopsPerRow: 0 }),

  open: (workspace, value, coding, parts, optimizer) =>
    new SparseRows(workspace, value, coding, parts, optimizer),
};

/** Bits of a whole number below `limit`. */
function bitsBelow(limit: number): number {
  return Math.max(1, Math.ceil(Math.log2(limit)));
}

function layout(
  rows: number,
  columns: number,
  { sparsity }: Pick<SparseCoding, 'sparsity'>,
): ReadonlyMap<string, PartLayout> {
  const kept = keptValues(rows, columns, sparsity);
  const values = ['values', { shape: [kept], bits: 32 }] as const;
  const mask = new Map<string, PartLayout>([['mask', { shape: [rows, columns], bits: 1 }], values]);
  const positions = new Map<string, PartLayout>([
    ['counts', { shape: [rows], bits: bitsBelow(columns + 1) }],
    ['columns', { shape: [kept], bits: bitsBelow(columns) }],
    values,
  ]);
  return storageOf(positions).storageBytes < storageOf(mask).storageBytes ? positions : mask;
}

function partsOf(
  data: Float32Array,
  kept: Uint8Array,
  rows: number,
  columns: number,
  coding: SparseCoding,
): Parts {
  const values = data.filter((_, i) => kept[i] === 1);
  const last: [string, Tensor] = ['values', { shape: [values.length], data: values }];
  if (layout(rows, columns, coding).has('mask')) {
    return new Map([['mask', { shape: [rows, columns], data: Float32Array.from(kept) }], last]);
  }
  const counts = new Float32Array(rows);
  const places = new Float32Array(values.length);
  let next = 0;
  for (let r = 0; r < rows; r++) {
    const before = next;
    for (let j = 0; j < columns; j++) if (kept[r * columns + j] === 1) places[next++] = j;
    counts[r] = next - before;
  }
  return new Map([
    ['counts', { shape: [rows], data: counts }],
    ['columns', { shape: [places.length], data: places }],
    last,
  ]);
}

/** 1 for each value that is left. @throws RangeError for parts that are missing, do not fit, or name no place */
function maskOf(parts: Parts, rows: number, columns: number, coding: SparseCoding): Uint8Array {
  const { length } = partOf(parts, 'values');
  const mask = new Uint8Array(rows * columns);
  let marked = 0;
  if (layout(rows, columns, coding).has('mask')) {
    partOf(parts, 'mask', rows * columns).forEach((bit, i) => {
      if (bit !== 0 && bit !== 1) throw new RangeError(`mask has ${bit} as its value ${i}`);
      mask[i] = bit;
      marked += bit;
    });
  } else {
    const places = partOf(parts, 'columns', length);
    partOf(parts, 'counts', rows).forEach((count, r) => {
      let last = -1;
      for (const end = Math.min(marked + count, length); marked < end; marked++) {
        const column = places[marked]!;
        if (!(Number.isInteger(column) && column > last && column < columns)) {
          throw new RangeError(`columns has ${column} as its value ${marked}, in row ${r}`);
        }
        mask[r * columns + column] = 1;
        last = column;
      }
    });
    const expected = partOf(parts, 'counts').reduce((sum, count) => sum + count, 0);
    if (expected !== marked) throw new RangeError(`counts name ${expected} values, and there are ${length}`);
  }
  if (marked !== length) throw new RangeError(`${marked} values are marked, and there are ${length}`);
  return mask;
}

class SparseRows implements RowCode {
  readonly #value: Matrix;
  readonly #coding: SparseCoding;
  readonly #rows: MaskedRows;
  /** What gradual pruning begins with. */
  #exact: Float32Array | undefined;
  #kept: number;

  constructor(
    workspace: Workspace,
    value: Matrix,
    coding: SparseCoding,
    parts: Parts,
    optimizer: OptimizerSettings,
  ) {
    this.#value = value;
    this.#coding = coding;
    this.#exact = coding.gradual ? value.data.slice() : undefined;
    this.#kept = partOf(parts, 'values').length;
    const mask = maskOf(parts, value.rows, value.columns, coding);
    this.#rows = new MaskedRows(workspace, value, mask, optimizer);
  }

  read(): void {
    // Every row of the value is always what is left of it.
  }

  beginEpoch(epoch: number, epochs: number): boolean {
    const { sparsity, gradual } = this.#coding;
    if (!gradual) return true;
    const { data, rows, columns } = this.#value;
    if (epoch === 0 && this.#exact) data.set(this.#exact);
    const kept = keptValues(rows, columns, gradualSparsity(sparsity, epoch, epochs));
    if (kept !== this.#kept || epoch === 0) this.#rows.mask = largestValues(data, kept);
    this.#kept = kept;
    this.#exact = undefined;
    return kept === keptValues(rows, columns, sparsity);
  }

  step(rows: number, count: number, gradients: Matrix, rate: number): void {
    this.#rows.step(rows, count, gradients, rate);
  }

  parts(): Parts {
    const { data, rows, columns } = this.#value;
    return partsOf(data, this.#rows.mask, rows, columns, this.#coding);
  }

  state(): Parts {
    return this.#rows.state();
  }

  restore(state: Parts): void {
    this.#rows.restore(state);
  }
}
