import { UserError } from '../../errors.ts';
import type { StoredTensor, TensorFile } from '../tensorFile.ts';

/** A layer's tensors: torch's `weight` and, where it has one, `bias`. */
export interface Layer {
  /** Of the weight. */
  readonly name: string;
  readonly weight: StoredTensor;
  readonly bias?: StoredTensor;
}

/** Finds tensors in a file by name, and keeps account of those that nothing has asked for. */
export class TensorNames {
  readonly #file: TensorFile;
  readonly #left: Set<string>;

  constructor(file: TensorFile) {
    this.#file = file;
    this.#left = new Set(file.tensors.keys());
  }

  /** Takes the tensor of that name; undefined where there is none. */
  take(name: string): StoredTensor | undefined {
    const tensor = this.#file.tensors.get(name);
    if (tensor !== undefined) this.#left.delete(name);
    return tensor;
  }

  /**
   * Takes a weight by the name of its module or by its own.
   * @throws UserError `tensor-missing`
   */
  weight(given: string): Layer {
    const name = this.#file.tensors.has(given) ? given : `${given}.weight`;
    const weight = this.take(name);
    if (weight !== undefined) return { name, weight };
    const names = [...this.#file.tensors.keys()].slice(0, 20).map((other) => `'${other}'`);
    throw this.error(
      'tensor-missing',
      `There is no tensor '${given}' and no '${given}.weight'; the first ones are ${names.join(', ')}.`,
      'Correct the name in "architecture" in the recipe.',
      given,
    );
  }

  /**
   * Takes a weight and, where there is one, its bias.
   * @throws UserError `tensor-missing`; `weight-shape` where the bias is not one number for each first index.
   */
  layer(given: string): Layer {
    const { name, weight } = this.weight(given);
    const biasName = name.replace(/(^|\.)weight$/, '$1bias');
    const bias = biasName === name ? undefined : this.take(biasName);
    if (bias === undefined) return { name, weight };
    const units = weight.shape[0] ?? 0;
    if (bias.shape.join() !== String(units)) throw this.misfit(biasName, `[${units}]`);
    return { name, weight, bias };
  }

  /** Names of weights of so many dimensions that nothing has taken, in the order of their numbers. */
  weights(dimensions: readonly number[]): string[] {
    return [...this.#left]
      .filter((name) => /(^|\.)weight$/.test(name) && dimensions.includes(this.shape(name).length))
      .sort(new Intl.Collator('en', { numeric: true }).compare);
  }

  /** Names that nothing has taken. */
  get left(): readonly string[] {
    return [...this.#left];
  }

  shape(name: string): readonly number[] {
    return this.#file.tensors.get(name)?.shape ?? [];
  }

  misfit(name: string, wanted: string): UserError {
    return this.error(
      'weight-shape',
      `The tensor '${name}' is [${this.shape(name).join(', ')}], where ${wanted} is expected.`,
      'Correct "architecture" in the recipe.',
      name,
    );
  }

  error(code: string, message: string, hint: string, item?: string): UserError {
    return new UserError(code, message, hint, { file: this.#file.path, ...(item !== undefined && { item }) });
  }
}
