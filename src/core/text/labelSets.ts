import { UserError } from '../errors.ts';
import type { FoundLabels, LabelIndex } from './labels.ts';

/** Between the labels of a list, as it is passed on from JSON; no label holds it. */
export const listSeparator = '\u001f';

/** What a sentence's labels are written with where a recipe does not say it. */
export const separatorDefault = '|';

/**
 * The sets of labels that sentences have, several at once or none, numbered as they are found: a sentence's label is the
 * number of its set. So splits keep each set's proportion.
 */
export class LabelSets implements LabelIndex {
  /** Classes of each set, rising. */
  readonly sets: Int32Array[] = [];
  readonly #labels: LabelIndex;
  readonly #indices = new Map<string, number>();

  /** @param labels of which sets are made */
  constructor(labels: LabelIndex) {
    this.#labels = labels;
  }

  /** For a file that separates labels so. */
  separatedBy(separator: string): LabelIndex {
    return { indexOf: (text, file, line) => this.#indexOf(text.split(separator), file, line) };
  }

  indexOf(text: string, file: string, line: number): number {
    return this.separatedBy(separatorDefault).indexOf(text, file, line);
  }

  /** After the labels were sorted: each class gets its new number. */
  renumber({ newClasses }: ReturnType<FoundLabels['sorted']>): void {
    this.sets.forEach((set, i) => {
      this.sets[i] = set.map((label) => newClasses[label]!).sort();
    });
  }

  #indexOf(parts: readonly string[], file: string, line: number): number {
    const names = new Set(parts.flatMap((part) => part.split(listSeparator)).map((part) => part.trim()));
    names.delete('');
    const set = Int32Array.from(names, (name) => this.#labels.indexOf(name, file, line)).sort();
    const key = set.join();
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.sets.length;
      this.#indices.set(key, index);
      this.sets.push(set);
    }
    return index;
  }
}

/** @throws UserError `several-labels` for a list of several where a sentence has one label */
export function checkSingle(label: string, file: string, line: number): void {
  if (!label.includes(listSeparator)) return;
  throw new UserError(
    'several-labels',
    `Line ${line} has several labels: ${label.split(listSeparator).join(', ').slice(0, 60)}.`,
    'Give every sentence one label, or a model whose head is a sigmoid for each label ("labelSeparator" for one that the recipe trains).',
    { file, line },
  );
}
