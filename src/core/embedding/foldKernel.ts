import type { Tensor } from '../checkpoint/checkpoint.ts';

/** Numbers that a kernel multiplies, y = x M + s of others, fewer or as many. */
export interface Segment {
  /** Of y. */
  readonly width: number;
  /** M [of x, of y]; undefined: y is x. */
  readonly map?: Tensor;
  /** s; undefined: 0. */
  readonly shift?: Float64Array;
}

/**
 * The kernel for x of one that multiplies y: M K, and s K, which adds to its bias; both summed in float64.
 *
 * @param kernel [..., h], its rows as many as the segments' numbers, or so many for each of a window's steps
 */
export function foldKernel(
  kernel: Tensor,
  segments: readonly Segment[],
): { readonly kernel: Tensor; readonly shift: Float64Array | undefined } {
  const h = kernel.shape.at(-1) ?? 0;
  const height = sum(segments.map(({ width }) => width));
  const narrow = sum(segments.map(narrowWidth));
  const blocks = kernel.data.length / (height * h);
  const data = new Float32Array(blocks * narrow * h);
  const shift = segments.some((segment) => segment.shift) ? new Float64Array(h) : undefined;
  let [from, to] = [0, 0];
  for (let block = 0; block < blocks; block++) {
    for (const segment of segments) {
      const rows = kernel.data.subarray(from * h, (from + segment.width) * h);
      const part = data.subarray(to * h, (to + narrowWidth(segment)) * h);
      if (segment.map === undefined) part.set(rows);
      else multiply(segment.map, rows, h, part);
      segment.shift?.forEach((s, row) => {
        for (let c = 0; c < h; c++) shift![c]! += s * rows[row * h + c]!;
      });
      from += segment.width;
      to += narrowWidth(segment);
    }
  }
  return { kernel: { shape: [...kernel.shape.slice(0, -2), narrow, h], data }, shift };
}

/** Numbers of x. */
export function narrowWidth({ width, map }: Segment): number {
  return map?.shape[0] ?? width;
}

function multiply({ shape, data }: Tensor, rows: Float32Array, h: number, to: Float32Array): void {
  const [k = 0, n = 0] = shape;
  const sums = new Float64Array(h);
  for (let i = 0; i < k; i++) {
    sums.fill(0);
    for (let j = 0; j < n; j++) {
      const m = data[i * n + j]!;
      for (let c = 0; c < h; c++) sums[c]! += m * rows[j * h + c]!;
    }
    to.set(sums, i * h);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
