import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { EmbeddingTable } from '../embedding/table.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import { createUpdateRule } from './updateRule.ts';

/** An optimizer over the rows of an embedding table. */
export interface RowOptimizer {
  /** Steps taken, over all rows: the t of Adam's bias corrections. */
  readonly step: number;
  /**
   * One step: writes the given rows back into the table. Rows that are not named keep their values and
   * their moments; row 0, the padding, always does.
   *
   * @param rows u distinct table rows
   * @param gradients u x n
   * @param rate the learning rate of this step
   * @throws RangeError when sizes or rows do not fit the table
   */
  apply(rows: Int32Array, gradients: Float32Array, rate: number): void;
  /** `step` and, by optimizer, `m` and `v` or `accumulator`, each m x n. Shares the optimizer's memory. */
  state(): Map<string, Tensor>;
  /** @throws RangeError when a tensor is missing or of another size */
  restore(state: ReadonlyMap<string, Tensor>): void;
}

/**
 * Row-sparse Adam (lazy: an untouched row's moments do not decay), Adagrad or gradient descent. With every
 * row touched in every step it is the dense optimizer, bit for bit.
 */
export function createRowOptimizer(settings: OptimizerSettings, table: EmbeddingTable): RowOptimizer {
  const { rows: m, dimension: n, data } = table;
  const rule = createUpdateRule(settings, [m, n]);
  return {
    get step() {
      return rule.step;
    },
    apply(rows, gradients, rate) {
      if (gradients.length !== rows.length * n) {
        throw new RangeError(`${rows.length} x ${n} gradients expected, ${gradients.length} found`);
      }
      for (let slot = 0; slot < rows.length; slot++) {
        const row = rows[slot]!;
        if (row < 0 || row >= m) throw new RangeError(`row ${row} is not among the table's ${m}`);
      }
      rule.begin(rate);
      for (let slot = 0; slot < rows.length; slot++) {
        const row = rows[slot]!;
        if (row !== 0) rule.update(data, row * n, gradients, slot * n, n);
      }
    },
    state: () => rule.state(),
    restore: (state) => {
      rule.restore(state);
    },
  };
}
