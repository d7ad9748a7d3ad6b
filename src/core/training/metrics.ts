/** No sentences yet: classes x classes counts; rows are true classes, columns predicted ones. */
export function emptyConfusion(classes: number): number[][] {
  return Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
}

/** Counts sentences by their true and their predicted class. */
export function countInto(confusion: number[][], labels: Int32Array, predicted: Int32Array): void {
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
