import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';

/** How one optimizer steps: kernels/optimizers.ts has the equations. */
interface Rule {
  /** Of the kernel. */
  readonly number: number;
  /** What is remembered of each value, two at most. */
  readonly slots: readonly string[];
  /** What the first slot begins with. */
  readonly start?: number;
  /** What the kernel calls `a` and `b`. */
  readonly a?: number;
  readonly b?: number;
  readonly epsilon?: number;
  /** What the rate of step t, from 1, is multiplied by. */
  readonly correction?: (t: number) => number;
}

type Named<Name> = Extract<OptimizerSettings, { readonly name: Name }>;

const rules: { readonly [Name in OptimizerSettings['name']]: (settings: Named<Name>) => Rule } = {
  sgd: () => ({ number: 0, slots: [] }),
  momentum: ({ momentum, nesterov }) => ({ number: nesterov ? 2 : 1, slots: ['velocity'], a: momentum }),
  adagrad: ({ initialAccumulator, epsilon }) => ({
    number: 3,
    slots: ['accumulator'],
    start: initialAccumulator,
    epsilon,
  }),
  adadelta: ({ rho, epsilon }) => ({ number: 4, slots: ['squares', 'updates'], a: 1 - rho, epsilon }),
  rmsprop: ({ rho, epsilon }) => ({ number: 5, slots: ['squares'], a: 1 - rho, epsilon }),
  adam: ({ beta1, beta2, epsilon }) => ({
    number: 6,
    slots: ['m', 'v'],
    a: 1 - beta1,
    b: 1 - beta2,
    epsilon,
    correction: (t) => Math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t),
  }),
};

/**
 * An optimizer over one matrix of weights: over all of it, or over the rows that a batch has touched. Rows that are not
 * named keep their values and what is remembered of them (as in lazy Adam); row 0 of a table, the padding, always does.
 * With every row touched in every step both forms are the same, bit for bit.
 *
 * Adam is the epsilon-hat form of Kingma and Ba (ICLR 2015, section 2), as TensorFlow's ResourceApplyAdam has it:
 * rate * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon).
 */
export class Optimizer {
  readonly #rule: Rule;
  readonly #workspace: Workspace;
  readonly #values: Matrix;
  readonly #slots: readonly { readonly name: string; readonly values: Matrix }[];
  #step = 0;

  constructor(settings: OptimizerSettings, workspace: Workspace, values: Matrix) {
    this.#rule = (rules[settings.name] as (settings: OptimizerSettings) => Rule)(settings);
    this.#workspace = workspace;
    this.#values = values;
    const { slots, start = 0 } = this.#rule;
    this.#slots = slots.map((name) => ({ name, values: workspace.keep(values.rows, values.columns) }));
    // Untouched memory of a large table's moments costs nothing, so zeros are not written.
    if (start !== 0) this.#slots[0]?.values.data.fill(start);
  }

  /** Steps taken: the t of Adam's bias corrections. */
  get step(): number {
    return this.#step;
  }

  /**
   * One step of all values.
   * @param gradient as large as the values
   * @param rate the learning rate of this step
   */
  apply(gradient: Matrix, rate: number): void {
    const count = this.#values.rows * this.#values.columns;
    if (gradient.rows * gradient.columns !== count) throw wrongSize(count, gradient);
    const { number, a = 0, b = 0, epsilon = 0 } = this.#rule;
    const [at, first, second] = [this.#values.at, this.#at(0), this.#at(1)];
    const { kernels } = this.#workspace;
    kernels.update(number, at, first, second, gradient.at, count, this.#nextRate(rate), a, b, epsilon);
  }

  /**
   * One step of some rows.
   *
   * @param rows address of `count` distinct int32 row numbers
   * @param gradients count x n
   */
  applyRows(rows: number, count: number, gradients: Matrix, rate: number): void {
    const width = this.#values.columns;
    if (gradients.rows < count || gradients.columns !== width) throw wrongSize(count * width, gradients);
    const { number, a = 0, b = 0, epsilon = 0 } = this.#rule;
    this.#workspace.kernels.updateRows(
      number,
      this.#values.at,
      this.#at(0),
      this.#at(1),
      width,
      rows,
      count,
      gradients.at,
      this.#nextRate(rate),
      a,
      b,
      epsilon,
    );
  }

  /** `step` and the rule's slots, such as Adam's `m` and `v`. Shares their memory: write it out before the next step. */
  state(): Map<string, Tensor> {
    // A float32 counts exactly up to 2^24 steps.
    const step: [string, Tensor] = ['step', { shape: [1], data: Float32Array.of(this.#step) }];
    const shape = [this.#values.rows, this.#values.columns];
    return new Map([
      ...this.#slots.map(({ name, values }): [string, Tensor] => [name, { shape, data: values.data }]),
      step,
    ]);
  }

  /** @throws RangeError when a tensor is missing or of another size; nothing has changed then */
  restore(state: ReadonlyMap<string, Tensor>): void {
    const read = (name: string, length: number): Float32Array => {
      const data = state.get(name)?.data;
      if (data?.length !== length) {
        throw new RangeError(`${name} must have ${length} values, not ${data?.length ?? 'none'}`);
      }
      return data;
    };
    const step = read('step', 1)[0] ?? 0;
    const saved = this.#slots.map(
      ({ name, values }) => [values, read(name, values.rows * values.columns)] as const,
    );
    for (const [values, data] of saved) values.data.set(data);
    this.#step = step;
  }

  #at(slot: number): number {
    return this.#slots[slot]?.values.at ?? 0;
  }

  /** Counts a step. */
  #nextRate(rate: number): number {
    this.#step++;
    return rate * (this.#rule.correction?.(this.#step) ?? 1);
  }
}

function wrongSize(expected: number, { rows, columns }: Matrix): RangeError {
  return new RangeError(`${expected} gradients expected, ${rows} x ${columns} found`);
}
