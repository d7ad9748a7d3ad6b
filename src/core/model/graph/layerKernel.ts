import type { Matrix } from '../../engine/workspace.ts';
import type { InputKernel } from '../inputKernel.ts';
import type { Parameter } from '../parameter.ts';

/** dL/dB of the backward pass at work, which layers add to; none where there is no B. */
export interface FactorGradient {
  current: Matrix | undefined;
}

/** The kernel that a layer multiplies its input by; of one that reads the rows of A rather than vectors, B times it. */
export class LayerKernel {
  readonly #kernel: InputKernel;
  readonly #factorGradient: FactorGradient;
  #value: Matrix | undefined;

  constructor(kernel: InputKernel, factorGradient: FactorGradient) {
    this.#kernel = kernel;
    this.#factorGradient = factorGradient;
  }

  get parameter(): Parameter {
    return this.#kernel.parameter;
  }

  get needsGradient(): boolean {
    return this.#kernel.needsGradient;
  }

  /** For a forward pass, and the backward pass that follows it. */
  begin(): Matrix {
    return (this.#value = this.#kernel.value());
  }

  /** As it was at the last `begin`. */
  get value(): Matrix {
    if (this.#value === undefined) throw new Error('kernel: backward without forward');
    return this.#value;
  }

  /** From dL/d value. */
  set gradient(gradient: Matrix) {
    this.#kernel.backward(gradient, this.#factorGradient.current);
  }
}
