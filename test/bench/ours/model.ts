import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Body, ModelSpec, Weights } from '../../../src/core/checkpoint/checkpoint.ts';
import { createEngine } from '../../../src/core/engine/createEngine.ts';
import type { Engine, EngineName } from '../../../src/core/engine/engine.ts';
import { kernelThreads } from '../../../src/process/kernelThreads.ts';
import { initialWeights } from '../../../src/core/model/initialize.ts';
import { MemoryDataset } from '../../../src/core/text/encoded.ts';

export interface ModelRequest {
  readonly engine: EngineName;
  readonly model: 'dan' | 'lstm';
  readonly folder: string;
  readonly rank?: number;
  /** Other than the table's: rows of that width, as a model has whose B is multiplied into its kernel. */
  readonly dimension?: number;
}

const tableDimension = 100;
const bodies: Readonly<Record<ModelRequest['model'], Body>> = {
  dan: { kind: 'dan', hidden: [100, 100] },
  lstm: { kind: 'lstm', units: 128, pooling: 'mean', peepholes: false, hidden: [] },
};

const kept = new Map<string, unknown>();

/** What was made for this key before, or is made now. */
export function once<T>(key: string, make: () => T): T {
  if (!kept.has(key)) kept.set(key, make());
  return kept.get(key) as T;
}

export function engineOf(name: EngineName): Engine {
  return once(name, () => createEngine(name, kernelThreads(Number(process.env.BENCH_THREADS))));
}

export function sentences(folder: string, part: string): MemoryDataset {
  return once(`${folder}/${part}`, () => {
    const ints = (name: string): Int32Array => new Int32Array(bytes(join(folder, `${part}.${name}`)));
    const labels = ints('labels');
    return new MemoryDataset({
      ids: ints('ids'),
      offsets: ints('offsets'),
      labels,
      withUnknown: new Uint8Array(labels.length),
      lines: labels,
    });
  });
}

export function bytes(path: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/** A model with the word vectors and new weights, its factors filled with a constant. */
export function newModel({ model, folder, rank, dimension = tableDimension }: ModelRequest): {
  spec: ModelSpec;
  weights: Weights;
} {
  const table = new Float32Array(bytes(join(folder, 'table')));
  const rows = table.length / tableDimension;
  const embedding = { rows, dimension };
  const dense: ModelSpec = { embedding, body: bodies[model], head: 'softmax', classes: 2, masked: true };
  const full = (...shape: [number, number]): { shape: number[]; data: Float32Array } => ({
    shape,
    data: new Float32Array(shape[0] * shape[1]).fill(0.1),
  });
  const values = dimension === tableDimension ? table : full(rows, dimension).data;
  const weights = initialWeights(dense, values, 1);
  if (rank === undefined) return { spec: dense, weights };
  weights.delete('embedding/table');
  weights.set('embedding/A', full(rows, rank));
  weights.set('embedding/B', full(rank, dimension));
  return { spec: { ...dense, embedding: { ...embedding, rank } }, weights };
}
