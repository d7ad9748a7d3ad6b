/** No sentences yet: classes x classes counts; rows are true classes, columns predicted ones. */
export function emptyConfusion(classes: number): number[][] {
  return Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
}

/** Counts predictions by their true and their predicted class. */
export function countInto(
  confusion: number[][],
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
): void {
  for (let i = 0; i < labels.length; i++) confusion[labels[i]!]![predicted[i]!]!++;
}

/** Share of the sentences on the diagonal; 0 where there are none. */
export function accuracy(confusion: readonly (readonly number[])[]): number {
  let right = 0;
  let all = 0;
  confusion.forEach((row, i) => {
    right += row[i]!;
    for (const count of row) all += count;
  });
  return all === 0 ? 0 : right / all;
}

/** The unweighted mean over classes of F1 = 2 TP / (2 TP + FP + FN); a class neither seen nor predicted counts 0. */
export function macroF1(confusion: readonly (readonly number[])[]): number {
  let sum = 0;
  confusion.forEach((row, i) => {
    const hits = row[i]!;
    const actual = row.reduce((a, b) => a + b, 0);
    const predicted = confusion.reduce((total, other) => total + other[i]!, 0);
    if (actual + predicted > 0) sum += (2 * hits) / (actual + predicted);
  });
  return sum / confusion.length;
}

/** A 2 x 2 confusion matrix of each class, of decisions that lie class after class, sentence after sentence. */
export class LabelCounts {
  readonly #counts: number[][][];

  constructor(classes: number) {
    this.#counts = Array.from({ length: classes }, () => emptyConfusion(2));
  }

  add(actual: ArrayLike<number>, predicted: ArrayLike<number>): void {
    const classes = this.#counts.length;
    for (let i = 0; i < actual.length; i++) this.#counts[i % classes]![actual[i]!]![predicted[i]!]!++;
  }

  /** Of each class the sentences that have it. */
  sentences(): number[] {
    return this.#counts.map(([, present]) => present![0]! + present![1]!);
  }

  /** Of each class F1 = 2 TP / (2 TP + FP + FN); 0 for one that is neither seen nor predicted. */
  f1(): number[] {
    return this.#counts.map(([absent, present]) => {
      const hits = present![1]!;
      const misses = absent![1]! + present![0]!;
      return hits + misses === 0 ? 0 : (2 * hits) / (2 * hits + misses);
    });
  }

  /** The unweighted mean over classes. */
  macroF1(): number {
    const scores = this.f1();
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }
}
