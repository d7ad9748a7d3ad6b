/** The size of a run: a table of `words` x `dimension`, compressed to `rank`, on so many sentences of 20 words. */
export interface Size {
  readonly sentences: number;
  readonly words: number;
  readonly dimension: number;
  readonly rank: number;
}

/** What one quantity is varied over while the others keep their `base`. */
export interface Axis {
  readonly of: keyof Size;
  readonly title: string;
  readonly values: readonly number[];
  /** Exponents that are no surprise, where they are not 1. */
  readonly expected?: Readonly<Record<string, number>>;
}

export const base: Size = { sentences: 10_000, words: 100_000, dimension: 50, rank: 4 };

export const axes: readonly Axis[] = [
  { of: 'sentences', title: 'Sentences', values: [1e3, 1e4, 1e5, 3e5, 1e6] },
  { of: 'words', title: 'Words of the vocabulary', values: [1e4, 3e4, 1e5, 3e5, 1e6, 3e6] },
  {
    of: 'dimension',
    title: 'Dimension of the vectors',
    values: [25, 50, 100, 200, 400],
    // The Gram matrix takes words x dimension^2 multiplications.
    expected: { Compressing: 2 },
  },
  { of: 'rank', title: 'Rank', values: [1, 2, 4, 8, 16, 32] },
];

/** The same, up to a tenth of the sizes: shows that it works. */
export function quickAxes(): Axis[] {
  return axes.map((axis) => {
    const limit = Math.max(base[axis.of], Math.max(...axis.values) / 10);
    return { ...axis, values: axis.values.filter((value) => value <= limit) };
  });
}
