import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';

/**
 * The arithmetic of an optimizer over one variable, shared by its dense and its row-sparse form. A step is
 * one `begin`, then `update` for each run of values that moves in it.
 */
export interface UpdateRule {
  /** Steps begun so far. */
  readonly step: number;
  begin(rate: number): void;
  /** Moves `count` values from `offset` on by the gradients from `gradientOffset` on. */
  update(
    values: Float32Array,
    offset: number,
    gradients: Float32Array,
    gradientOffset: number,
    count: number,
  ): void;
  /** The step counter and the moments, by name. Shares their memory: write it out before the next step. */
  state(): Map<string, Tensor>;
  /** @throws RangeError when a tensor is missing or of another size */
  restore(state: ReadonlyMap<string, Tensor>): void;
}

/** @param shape of the variable, and so of each of its moments */
export function createUpdateRule(settings: OptimizerSettings, shape: readonly number[]): UpdateRule {
  switch (settings.name) {
    case 'adam':
      return new Adam(settings.beta1, settings.beta2, settings.epsilon, shape);
    case 'adagrad':
      return new Adagrad(settings.initialAccumulator, settings.epsilon, shape);
    case 'sgd':
      return new GradientDescent();
  }
}

/** Counts steps and saves what the optimizers remember of each value. */
abstract class Rule implements UpdateRule {
  step = 0;
  protected readonly slots: ReadonlyMap<string, Tensor>;

  constructor(slots: readonly (readonly [string, Tensor])[]) {
    this.slots = new Map(slots);
  }

  begin(rate: number): void {
    this.step++;
    this.prepare(rate);
  }

  protected abstract prepare(rate: number): void;

  abstract update(
    values: Float32Array,
    offset: number,
    gradients: Float32Array,
    gradientOffset: number,
    count: number,
  ): void;

  state(): Map<string, Tensor> {
    // A float32 counts exactly up to 2^24 steps.
    return new Map([...this.slots, ['step', { shape: [1], data: Float32Array.of(this.step) }]]);
  }

  restore(state: ReadonlyMap<string, Tensor>): void {
    const read = (name: string, length: number): Float32Array => {
      const data = state.get(name)?.data;
      if (data?.length !== length) {
        throw new RangeError(`${name} must have ${length} values, not ${data?.length ?? 'none'}`);
      }
      return data;
    };
    const step = read('step', 1)[0]!;
    const saved = [...this.slots].map(([name, slot]) => [slot.data, read(name, slot.data.length)] as const);
    for (const [slot, data] of saved) slot.set(data);
    this.step = step;
  }
}

/** A tensor of one value throughout. */
function filled(shape: readonly number[], value: number): Tensor {
  const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
  // A fresh array is zero already, and untouched memory of a large table's moments costs nothing.
  if (value !== 0) data.fill(value);
  return { shape, data };
}

/**
 * Adam (Kingma and Ba, ICLR 2015) in the epsilon-hat form of their section 2, as TensorFlow's
 * ResourceApplyAdam has it: rate * sqrt(1 - b2^t)/(1 - b1^t) * m/(sqrt(v) + epsilon).
 */
class Adam extends Rule {
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  #rate = 0;

  constructor(
    readonly beta1: number,
    readonly beta2: number,
    readonly epsilon: number,
    shape: readonly number[],
  ) {
    const first = filled(shape, 0);
    const second = filled(shape, 0);
    super([
      ['m', first],
      ['v', second],
    ]);
    this.#first = first.data;
    this.#second = second.data;
  }

  protected override prepare(rate: number): void {
    this.#rate = (rate * Math.sqrt(1 - this.beta2 ** this.step)) / (1 - this.beta1 ** this.step);
  }

  override update(
    values: Float32Array,
    offset: number,
    gradients: Float32Array,
    gradientOffset: number,
    count: number,
  ): void {
    const first = this.#first;
    const second = this.#second;
    const rate = this.#rate;
    const epsilon = this.epsilon;
    const share1 = 1 - this.beta1;
    const share2 = 1 - this.beta2;
    for (let i = offset, j = gradientOffset, end = offset + count; i < end; i++, j++) {
      const g = gradients[j]!;
      const m = first[i]! + (g - first[i]!) * share1;
      const v = second[i]! + (g * g - second[i]!) * share2;
      first[i] = m;
      second[i] = v;
      values[i] = values[i]! - (rate * m) / (Math.sqrt(v) + epsilon);
    }
  }
}

/** Adagrad (Duchi, Hazan, Singer, JMLR 2011) as TensorFlow's ApplyAdagradV2: rate * g/(sqrt(sum g^2) + epsilon). */
class Adagrad extends Rule {
  readonly #sum: Float32Array;
  #rate = 0;

  constructor(
    initialAccumulator: number,
    readonly epsilon: number,
    shape: readonly number[],
  ) {
    const sum = filled(shape, initialAccumulator);
    super([['accumulator', sum]]);
    this.#sum = sum.data;
  }

  protected override prepare(rate: number): void {
    this.#rate = rate;
  }

  override update(
    values: Float32Array,
    offset: number,
    gradients: Float32Array,
    gradientOffset: number,
    count: number,
  ): void {
    const sum = this.#sum;
    const rate = this.#rate;
    const epsilon = this.epsilon;
    for (let i = offset, j = gradientOffset, end = offset + count; i < end; i++, j++) {
      const g = gradients[j]!;
      // No gradient, no move: 0/(0 + 0) would be NaN where accumulator and epsilon are both 0.
      if (g === 0) continue;
      const squares = sum[i]! + g * g;
      sum[i] = squares;
      values[i] = values[i]! - (rate * g) / (Math.sqrt(squares) + epsilon);
    }
  }
}

/** Plain gradient descent: rate * g. */
class GradientDescent extends Rule {
  #rate = 0;

  constructor() {
    super([]);
  }

  protected override prepare(rate: number): void {
    this.#rate = rate;
  }

  override update(
    values: Float32Array,
    offset: number,
    gradients: Float32Array,
    gradientOffset: number,
    count: number,
  ): void {
    const rate = this.#rate;
    for (let i = offset, j = gradientOffset, end = offset + count; i < end; i++, j++) {
      values[i] = values[i]! - rate * gradients[j]!;
    }
  }
}
