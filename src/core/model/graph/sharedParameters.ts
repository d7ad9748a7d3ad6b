import type { Parameter } from '../parameter.ts';

/** The parameters of a graph's layers, each once, however many layers use it. */
export class SharedParameters {
  readonly #byName = new Map<string, Parameter>();
  readonly #shared = new Set<Parameter>();

  /** The one of that name, made if no layer has asked for it yet. */
  of(name: string, make: (name: string) => Parameter): Parameter {
    const found = this.#byName.get(name);
    if (found !== undefined) {
      this.#shared.add(found);
      return found;
    }
    const parameter = make(name);
    this.#byName.set(name, parameter);
    return parameter;
  }

  /** Those that several layers use. */
  get shared(): readonly Parameter[] {
    return [...this.#shared];
  }
}
