import { UserError } from '../errors.ts';

/** What turns a row's label into a class. */
export interface LabelIndex {
  /** @throws UserError naming file and line for a label that is not known. */
  indexOf(label: string, file: string, line: number): number;
}

/** Labels in a given order. */
export class KnownLabels implements LabelIndex {
  readonly #indices: ReadonlyMap<string, number>;

  constructor(readonly names: readonly string[]) {
    this.#indices = new Map(names.map((name, i) => [name, i]));
  }

  indexOf(label: string, file: string, line: number): number {
    const index = this.#indices.get(label);
    if (index !== undefined) return index;
    const shown = this.names.slice(0, 20).map((name) => `'${name}'`);
    if (this.names.length > shown.length) shown.push('...');
    throw new UserError(
      'unknown-label',
      `The label '${label.slice(0, 60)}' on line ${line} is unknown; the labels are ${shown.join(', ')}.`,
      'Correct the row, or add the label to "labels" in the recipe and to the training data.',
      { file, line },
    );
  }
}

/** Numbers labels as they are found. */
export class FoundLabels implements LabelIndex {
  readonly #indices = new Map<string, number>();

  indexOf(label: string): number {
    let index = this.#indices.get(label);
    if (index === undefined) {
      index = this.#indices.size;
      this.#indices.set(label, index);
    }
    return index;
  }

  /**
   * The labels sorted, by value where all are integers and by code units where not, and the new number of each found
   * one.
   */
  sorted(): { readonly names: readonly string[]; readonly newClasses: Int32Array } {
    const names = [...this.#indices.keys()];
    const numeric = names.every((name) => /^[+-]?\d{1,15}$/.test(name));
    const byUnits = (a: string, b: string): number => (a < b ? -1 : 1);
    names.sort(numeric ? (a, b) => Number(a) - Number(b) || byUnits(a, b) : byUnits);
    const newClasses = new Int32Array(names.length);
    names.forEach((name, i) => {
      newClasses[this.#indices.get(name)!] = i;
    });
    return { names, newClasses };
  }
}
