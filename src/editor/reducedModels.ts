import { tablesOf } from '../core/checkpoint/graph/tables.ts';
import { rankForReduction } from '../core/cost/reduction.ts';
import type { Inspection } from '../core/checkpoint/inspect.ts';

/** A model as it would be with a reduced embedding. */
export interface ReducedModel {
  /** As asked for, in (0,1). */
  readonly reduction: number;
  /** Of the largest table. */
  readonly rank: number;
  readonly embeddingBytes: number;
  /** Of the whole model. */
  readonly storageBytes: number;
}

const reductions = [0.5, 0.8, 0.9, 0.95, 0.98];
const bytesPerParameter = 4;

/** What usual reductions of each of its tables would make of a model; nothing where its embedding is factorized. */
export function reducedModels({
  spec,
  storageBytes,
  embeddingBytes: present,
}: Pick<Inspection, 'spec' | 'storageBytes' | 'embeddingBytes'>): ReducedModel[] {
  const { rows, dimension, rank: factorized } = spec.embedding;
  if (factorized !== undefined) return [];
  const rest = storageBytes - present;
  const tables = tablesOf(spec);
  return reductions.map((reduction) => {
    const rank = rankForReduction(reduction, rows, dimension);
    const parameters = tables.map(
      ({ rows: m, dimension: n, rank: k = rankForReduction(reduction, m, n) }) => k * (m + n),
    );
    const embeddingBytes = bytesPerParameter * parameters.reduce((a, b) => a + b, 0);
    return { reduction, rank, embeddingBytes, storageBytes: rest + embeddingBytes };
  });
}
