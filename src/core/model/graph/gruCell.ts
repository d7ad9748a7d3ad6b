import type { RecurrentSettings } from '../../checkpoint/graph/recurrentRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { columnSums, joinColumns, splitColumns } from '../columns.ts';
import type { Parameter } from '../parameter.ts';
import { RecurrentKernel } from '../recurrentKernel.ts';
import { scalarFunction, type ScalarFunction } from './activationFunction.ts';
import type { LayerParts } from './graphLayer.ts';
import type { LayerKernel } from './layerKernel.ts';
import type { RecurrentCell } from './recurrentCell.ts';

interface Cache {
  readonly input: Matrix;
  readonly before: Matrix;
  readonly hidden: Matrix;
  /** rows x 3H: from the input, x of the gates z, r, c; afterwards their values. */
  readonly gates: Matrix;
  /** rows x 3H: from the recurrence, u of the gates. */
  readonly inner: Matrix;
  /** The gates before their activations, where those are not the usual ones. */
  readonly sums: Matrix;
  /** R of z and r, and R of c. */
  readonly blocks: readonly [Matrix, Matrix];
  /** rows x H, r h: what c's product takes where the reset gate acts before it. */
  readonly reset: Matrix;
}

/**
 * A gated recurrent unit, gates z, r, c: c = f(x + r u) with u = h R where the reset gate acts after the product (Keras's
 * default, as in cuDNN), or c = f(x + (r h) R) where it acts before (Cho et al., EMNLP 2014); h = z h + (1 - z) c. The
 * former is computed by the kernels where f is tanh and the gates' function sigmoid.
 */
export class GruCell implements RecurrentCell {
  readonly states = 1;
  readonly #workspace: Workspace;
  readonly #units: number;
  readonly #resetAfter: boolean;
  readonly #isUsual: boolean;
  readonly #gate: ScalarFunction;
  readonly #state: ScalarFunction;
  readonly #kernel: LayerKernel;
  readonly #recurrent: RecurrentKernel;
  /** 3H, or 2 x 3H, the input's and the recurrence's, where the reset gate acts after the product. */
  readonly #bias: Parameter | undefined;
  #cache: Cache | undefined;
  /** dL/dx and dL/du. */
  #gradients: { readonly gates: Matrix; readonly inner: Matrix } | undefined;

  constructor(parts: LayerParts, settings: RecurrentSettings, prefix: string) {
    const { activation, recurrentActivation, resetAfter } = settings;
    this.#workspace = parts.workspace;
    this.#units = settings.units;
    this.#resetAfter = resetAfter;
    this.#isUsual = resetAfter && activation.kind === 'tanh' && recurrentActivation.kind === 'sigmoid';
    this.#gate = scalarFunction(recurrentActivation);
    this.#state = scalarFunction(activation);
    this.#kernel = parts.kernel(`${prefix}kernel`);
    this.#recurrent = new RecurrentKernel(parts.workspace, parts.parameter(`${prefix}recurrent_kernel`));
    this.#bias = parts.optional(`${prefix}bias`, settings.useBias);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel.parameter, this.#recurrent.parameter, ...(this.#bias ? [this.#bias] : [])];
  }

  begin(size: number, input: Matrix, [before]: readonly Matrix[], [hidden]: readonly Matrix[]): void {
    const workspace = this.#workspace;
    const H = this.#units;
    const gates = workspace.matMul(input, this.#kernel.begin());
    const { at, rows, columns } = gates;
    if (this.#bias) workspace.kernels.addBias(at, this.#bias.value.at, rows, columns, false);
    if (this.#resetAfter) this.#recurrent.begin(size);
    const inner = workspace.zeros(rows, columns);
    const recurrentBias = this.#resetAfter ? this.#bias?.value.rowsFrom(1, 1) : undefined;
    if (recurrentBias) workspace.kernels.addBias(inner.at, recurrentBias.at, rows, columns, false);
    const blocks = this.#resetAfter
      ? ([this.#recurrent.parameter.value, this.#recurrent.parameter.value] as const)
      : (splitColumns(workspace, this.#recurrent.parameter.value, [2 * H, H]) as [Matrix, Matrix]);
    const sums = this.#isUsual ? gates : workspace.matrix(rows, columns);
    const reset = this.#resetAfter ? before! : workspace.matrix(rows, H);
    this.#cache = { input, before: before!, hidden: hidden!, gates, inner, sums, blocks, reset };
  }

  forward(at: number, count: number): void {
    const cache = this.#cached();
    const workspace = this.#workspace;
    const rows = (matrix: Matrix): Matrix => matrix.rowsFrom(at, count);
    const [gates, inner, before, hidden] = [cache.gates, cache.inner, cache.before, cache.hidden].map(
      rows,
    ) as [Matrix, Matrix, Matrix, Matrix];
    if (this.#resetAfter) {
      this.#recurrent.addProduct(before, inner);
      if (this.#isUsual) {
        workspace.kernels.gruForward(gates.at, inner.at, before.at, hidden.at, count, this.#units);
        return;
      }
    } else {
      this.#setColumns(inner, 0, workspace.matMul(before, cache.blocks[0]));
    }
    const H = this.#units;
    const sums = rows(cache.sums);
    for (let row = 0; row < count; row++) {
      const [x, u, s, h] = [gates, inner, sums, before].map((matrix) => matrix.rowsFrom(row, 1).data) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      for (let i = 0; i < 2 * H; i++) {
        s[i] = x[i]! + u[i]!;
        x[i] = this.#gate.value(s[i]!);
      }
      if (this.#resetAfter) continue;
      const reset = rows(cache.reset).rowsFrom(row, 1).data;
      for (let i = 0; i < H; i++) reset[i] = x[H + i]! * h[i]!;
    }
    if (!this.#resetAfter)
      this.#setColumns(inner, 2 * H, workspace.matMul(rows(cache.reset), cache.blocks[1]));
    for (let row = 0; row < count; row++) {
      const [x, u, s, h, y] = [gates, inner, sums, before, hidden].map(
        (matrix) => matrix.rowsFrom(row, 1).data,
      ) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
      for (let i = 0; i < H; i++) {
        const product = this.#resetAfter ? x[H + i]! * u[2 * H + i]! : u[2 * H + i]!;
        s[2 * H + i] = x[2 * H + i]! + product;
        const c = this.#state.value(s[2 * H + i]!);
        x[2 * H + i] = c;
        y[i] = x[i]! * h[i]! + (1 - x[i]!) * c;
      }
    }
  }

  beginBackward(): void {
    if (this.#resetAfter) this.#recurrent.beginBackward();
    const { rows, columns } = this.#cached().gates;
    const gates = this.#workspace.matrix(rows, columns);
    const inner = this.#resetAfter ? this.#workspace.matrix(rows, columns) : gates;
    this.#gradients = { gates, inner };
  }

  backward(at: number, count: number, [carry]: readonly Matrix[]): void {
    if (carry === undefined) throw new Error('A GRU has a state.');
    const cache = this.#cached();
    const { gates: gateGradients, inner: innerGradients } = this.#backwardMatrices();
    const rows = (matrix: Matrix): Matrix => matrix.rowsFrom(at, count);
    const workspace = this.#workspace;
    const [gates, inner, before] = [rows(cache.gates), rows(cache.inner), rows(cache.before)];
    const [dx, du] = [rows(gateGradients), rows(innerGradients)];
    if (this.#isUsual) {
      workspace.kernels.gruBackward(
        gates.at,
        inner.at,
        before.at,
        carry.at,
        dx.at,
        du.at,
        count,
        this.#units,
      );
    } else this.#gatesBackward(at, count, carry);
    if (this.#resetAfter) this.#recurrent.backward(du, carry, true);
  }

  endBackward(): Matrix {
    const { input, before, reset } = this.#cached();
    const { gates, inner } = this.#backwardMatrices();
    const workspace = this.#workspace;
    const H = this.#units;
    this.#kernel.gradient = workspace.matMul(input, gates, true, false);
    if (this.#resetAfter) {
      this.#recurrent.parameter.gradient = workspace.matMul(before, inner, true, false);
    } else {
      const [first, last] = splitColumns(workspace, gates, [2 * H, H]) as [Matrix, Matrix];
      this.#recurrent.parameter.gradient = joinColumns(workspace, [
        workspace.matMul(before, first, true, false),
        workspace.matMul(reset, last, true, false),
      ]);
    }
    if (this.#bias) this.#bias.gradient = this.#biasGradient(gates, inner);
    return workspace.matMul(gates, this.#kernel.value, false, true);
  }

  #biasGradient(gates: Matrix, inner: Matrix): Matrix {
    const workspace = this.#workspace;
    const ofInput = columnSums(workspace, gates);
    if (!this.#resetAfter) return ofInput;
    const ofRecurrence = columnSums(workspace, inner);
    const both = workspace.matrix(2, ofInput.columns);
    both.data.set(ofInput.data);
    both.data.set(ofRecurrence.data, ofInput.columns);
    return both;
  }

  /** As the kernel, for any functions, and for a reset gate before the product, whose part of the carry it adds. */
  #gatesBackward(at: number, count: number, carry: Matrix): void {
    const cache = this.#cached();
    const { gates: gateGradients, inner: innerGradients } = this.#backwardMatrices();
    const H = this.#units;
    const rows = (matrix: Matrix): Matrix => matrix.rowsFrom(at, count);
    const [x, u, s, h, dh, dx, du] = [
      ...[cache.gates, cache.inner, cache.sums, cache.before].map(rows),
      carry,
      rows(gateGradients),
      rows(innerGradients),
    ].map(({ data }) => data) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < H; i++) {
        const [g, j] = [row * 3 * H + i, row * H + i];
        const [z, r, c] = [x[g]!, x[g + H]!, x[g + 2 * H]!];
        const dc = dh[j]! * (1 - z) * this.#state.derivative(s[g + 2 * H]!, c);
        dx[g] = dh[j]! * (h[j]! - c) * this.#gate.derivative(s[g]!, z);
        dx[g + 2 * H] = dc;
        dh[j]! *= z;
        if (!this.#resetAfter) continue;
        dx[g + H] = dc * u[g + 2 * H]! * this.#gate.derivative(s[g + H]!, r);
        du[g] = dx[g]!;
        du[g + H] = dx[g + H]!;
        du[g + 2 * H] = dc * r;
      }
    }
    if (!this.#resetAfter) this.#resetBackward(at, count, carry);
  }

  /** Through (r h) R of c, and h R of z and r. */
  #resetBackward(at: number, count: number, carry: Matrix): void {
    const { gates, sums, before, blocks } = this.#cached();
    const workspace = this.#workspace;
    const H = this.#units;
    const dx = this.#backwardMatrices().gates.rowsFrom(at, count);
    const [, ofCandidate] = splitColumns(workspace, dx, [2 * H, H]) as [Matrix, Matrix];
    const productGradients = workspace.matMul(ofCandidate, blocks[1], false, true);
    const [x, s, h, products, gradients, dh] = [
      gates.rowsFrom(at, count),
      sums.rowsFrom(at, count),
      before.rowsFrom(at, count),
      productGradients,
      dx,
      carry,
    ].map(({ data }) => data) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < H; i++) {
        const [g, j] = [row * 3 * H + H + i, row * H + i];
        gradients[g] = products[j]! * h[j]! * this.#gate.derivative(s[g]!, x[g]!);
        dh[j]! += products[j]! * x[g]!;
      }
    }
    const [ofGates] = splitColumns(workspace, dx, [2 * H, H]) as [Matrix, Matrix];
    workspace.matMul(ofGates, blocks[0], false, true, carry);
  }

  /** Writes columns from the `first` one on. */
  #setColumns(to: Matrix, first: number, from: Matrix): void {
    const [values, data] = [from.data, to.data];
    for (let row = 0; row < from.rows; row++) {
      data.set(values.subarray(row * from.columns, (row + 1) * from.columns), row * to.columns + first);
    }
  }

  #cached(): Cache {
    if (this.#cache === undefined) throw new Error('GRU: no forward pass');
    return this.#cache;
  }

  #backwardMatrices(): { readonly gates: Matrix; readonly inner: Matrix } {
    if (this.#gradients === undefined) throw new Error('GRU: no backward pass has begun');
    return this.#gradients;
  }
}
