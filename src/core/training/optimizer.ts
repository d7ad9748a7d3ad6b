import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';

/**
 * An optimizer over one matrix of weights: over all of it, or over the rows that a batch has touched. Rows that are not
 * named keep their values and their moments (lazy Adam); row 0 of a table, the padding, always does. With every row
 * touched in every step both forms are the same, bit for bit.
 *
 * Adam is the epsilon-hat form of Kingma and Ba (ICLR 2015, section 2), as TensorFlow's ResourceApplyAdam has it:
 * rate * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon).
 */
export class Optimizer {
  readonly #settings: OptimizerSettings;
  readonly #workspace: Workspace;
  readonly #values: Matrix;
  /** Adam: m and v. Adagrad: the accumulator. */
  readonly #slots: readonly { readonly name: string; readonly values: Matrix }[];
  #step = 0;

  constructor(settings: OptimizerSettings, workspace: Workspace, values: Matrix) {
    this.#settings = settings;
    this.#workspace = workspace;
    this.#values = values;
    const slot = (name: string): { name: string; values: Matrix } => ({
      name,
      values: workspace.keep(values.rows, values.columns),
    });
    this.#slots =
      settings.name === 'adam'
        ? [slot('m'), slot('v')]
        : settings.name === 'adagrad'
          ? [slot('accumulator')]
          : [];
    // Untouched memory of a large table's moments costs nothing, so zeros are not written.
    if (settings.name === 'adagrad' && settings.initialAccumulator !== 0) {
      this.#slots[0]?.values.data.fill(settings.initialAccumulator);
    }
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
    this.#step++;
    const { kernels } = this.#workspace;
    const [at, g] = [this.#values.at, gradient.at];
    const settings = this.#settings;
    switch (settings.name) {
      case 'adam': {
        const { beta1, beta2, epsilon } = settings;
        kernels.adam(
          at,
          this.#at(0),
          this.#at(1),
          g,
          count,
          this.#adamRate(rate),
          1 - beta1,
          1 - beta2,
          epsilon,
        );
        break;
      }
      case 'adagrad':
        kernels.adagrad(at, this.#at(0), g, count, rate, settings.epsilon);
        break;
      case 'sgd':
        kernels.descend(at, g, count, rate);
        break;
    }
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
    this.#step++;
    const { kernels } = this.#workspace;
    const [at, g] = [this.#values.at, gradients.at];
    const settings = this.#settings;
    switch (settings.name) {
      case 'adam': {
        const { beta1, beta2, epsilon } = settings;
        const [share1, share2] = [1 - beta1, 1 - beta2];
        const [m, v] = [this.#at(0), this.#at(1)];
        kernels.adamRows(at, m, v, width, rows, count, g, this.#adamRate(rate), share1, share2, epsilon);
        break;
      }
      case 'adagrad':
        kernels.adagradRows(at, this.#at(0), width, rows, count, g, rate, settings.epsilon);
        break;
      case 'sgd':
        kernels.descendRows(at, width, rows, count, g, rate);
        break;
    }
  }

  /** `step` and, by optimizer, `m` and `v` or `accumulator`. Shares their memory: write it out before the next step. */
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

  /** The learning rate with Adam's bias corrections. */
  #adamRate(rate: number): number {
    if (this.#settings.name !== 'adam') return rate;
    const { beta1, beta2 } = this.#settings;
    return (rate * Math.sqrt(1 - beta2 ** this.#step)) / (1 - beta1 ** this.#step);
  }
}

function wrongSize(expected: number, { rows, columns }: Matrix): RangeError {
  return new RangeError(`${expected} gradients expected, ${rows} x ${columns} found`);
}
