import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '../data.ts';
import { seconds, threadGroup, type Contestant, type Part } from '../part.ts';
import type { Library, Workers } from '../workers.ts';

interface Matrix {
  readonly group: string;
  readonly matrix: string;
  readonly dimension: number;
  /** Of a reduction of 0.9. */
  readonly rank: number;
  readonly threadCounts: readonly number[];
}

const glove: Matrix = {
  group: 'GloVe, 341,481 x 100, rank 9',
  matrix: join(dataFolder, 'large/table'),
  dimension: 100,
  rank: 9,
  threadCounts: [1, 2],
};

const random: Matrix = {
  group: 'Random, 400,000 x 300, rank 29',
  matrix: join(dataFolder, 'random'),
  dimension: 300,
  rank: 29,
  threadCounts: [2],
};

const methods: readonly (readonly [name: string, library: Library, method: string])[] = [
  ['ours, A and B', 'ours', 'factorize'],
  ['ours, singular values and V', 'ours', 'spectrum'],
  ['numpy, Gram matrix in float64', 'svd', 'gram64'],
  ['numpy, Gram matrix in float32', 'svd', 'gram32'],
  ['numpy, svd', 'svd', 'svd'],
  ['torch, svd_lowrank', 'svd', 'svd_lowrank'],
  ['scikit-learn, randomized_svd', 'svd', 'randomized_svd'],
];

function contestants(workers: Workers): Contestant[] {
  return [glove, random].flatMap(({ group, matrix, dimension, rank, threadCounts }) => {
    return threadCounts.flatMap((threads) =>
      methods.map(([name, library, method]) => ({
        name,
        ours: library === 'ours',
        group: `${group}, ${threadGroup(threads)}`,
        measure: () => workers.of(library, threads).ask({ run: 'svd', method, matrix, dimension, rank }),
      })),
    );
  });
}

export const svdPart: Part = {
  name: 'svd',
  title: 'Truncated singular value decomposition',
  about:
    'Seconds to the best approximation at the rank of a reduction of 0.9, from a matrix in float32 to U S and V (numpy and ours: by way of the n x n Gram matrix). The error is the length of what the approximation leaves out, ||W - W V V^T||.',
  columns: [seconds('seconds'), { key: 'left', title: 'error', digits: 4 }],
  warmUp: false,
  async contestants(workers) {
    if (!existsSync(random.matrix)) {
      const request = { run: 'random_matrix', path: random.matrix, rows: 400_000, dimension: 300 };
      await workers.of('svd', 2).ask(request);
    }
    return contestants(workers);
  },
};
