import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import { createUpdateRule } from './updateRule.ts';

/** An optimizer over all values of one dense variable, for engines without a fused kernel of their own. */
export interface DenseOptimizer {
  /** Steps taken: the t of Adam's bias corrections. */
  readonly step: number;
  /**
   * One step, in place.
   *
   * @throws RangeError when the lengths are not the optimizer's
   */
  apply(values: Float32Array, gradient: Float32Array, rate: number): void;
  /** `step` and, by optimizer, `m` and `v` or `accumulator`. Shares the optimizer's memory. */
  state(): Map<string, Tensor>;
  /** @throws RangeError when a tensor is missing or of another size */
  restore(state: ReadonlyMap<string, Tensor>): void;
}

/** @param length of the variable, flattened */
export function createDenseOptimizer(settings: OptimizerSettings, length: number): DenseOptimizer {
  const rule = createUpdateRule(settings, [length]);
  return {
    get step() {
      return rule.step;
    },
    apply(values, gradient, rate) {
      if (values.length !== length || gradient.length !== length) {
        throw new RangeError(
          `${length} values and gradients expected, ${values.length} and ${gradient.length} found`,
        );
      }
      rule.begin(rate);
      rule.update(values, 0, gradient, 0, length);
    },
    state: () => rule.state(),
    restore: (state) => {
      rule.restore(state);
    },
  };
}
