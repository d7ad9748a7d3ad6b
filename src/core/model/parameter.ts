import type { Tensor, Weights } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import { Optimizer } from '../training/optimizer.ts';

/** A trainable matrix of a model, by the name that it has in a checkpoint. */
export class Parameter {
  readonly name: string;
  readonly value: Matrix;
  readonly optimizer: Optimizer;
  readonly #shape: readonly number[];
  #gradient: Matrix | undefined;

  /**
   * @param shape as the checkpoint has it: a vector is a matrix of one row, and of more than two sizes the last one is
   * that of the columns
   * @throws Error where the weights lack it (a bug: readers check what comes from files)
   */
  constructor(
    workspace: Workspace,
    name: string,
    shape: readonly number[],
    weights: Weights,
    settings: OptimizerSettings,
  ) {
    const columns = shape.at(-1) ?? 0;
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const tensor = weights.get(name);
    if (tensor?.data.length !== rows * columns) {
      const found = tensor?.shape.join(' x ') ?? 'none';
      throw new Error(`Weight '${name}' of ${rows} x ${columns} is not there; found ${found}.`);
    }
    this.name = name;
    this.#shape = shape;
    this.value = workspace.keep(rows, columns);
    this.value.data.set(tensor.data);
    this.optimizer = new Optimizer(settings, workspace, this.value);
  }

  /** The gradient for the next `update`. */
  set gradient(gradient: Matrix) {
    this.#gradient = gradient;
  }

  /** One step along the gradient of the last backward pass. */
  update(rate: number): void {
    if (this.#gradient === undefined) throw new Error(`${this.name}: update without backward`);
    this.optimizer.apply(this.#gradient, rate);
    this.#gradient = undefined;
  }

  /** The value as it is now. It shares the model's memory: write or copy it before the next step. */
  weight(): [string, Tensor] {
    return [this.name, { shape: [...this.#shape], data: this.value.data }];
  }
}
