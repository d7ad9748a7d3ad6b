import { open, rm, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { StreamedTensor, Tensor } from '../checkpoint/checkpoint.ts';
import { makeFolder } from '../checkpoint/newFolder.ts';
import { writeSafetensors } from '../checkpoint/safetensors.ts';
import { rankForReduction } from '../cost/reduction.ts';
import { findFactors } from './factorize.ts';
import { Projection } from './project.ts';
import { projectRows } from './rowPass.ts';
import type { RowThreads } from './rowWork.ts';
import { isBinaryVectors } from './vectors.ts';
import { EntryWriter } from './vectorsEntries.ts';
import { openNpy } from './vectorsNpy.ts';
import { unpackVectors } from './vectorsUnpack.ts';
import type { VectorsFormat } from './vectorsWrite.ts';

/** What stands in the file of the input's format: A's rows, k numbers a word, or the rows of A B, n numbers a word. */
export type WrittenVectors = 'coordinates' | 'vectors';

export interface CompressVectorsOptions {
  /** k, or the share of the numbers to remove. */
  readonly size: { readonly rank: number } | { readonly reduction: number };
  readonly write: WrittenVectors;
  readonly threads?: RowThreads;
  /** Called often; what it throws ends the work and leaves nothing behind. */
  readonly watch?: (progress: VectorsProgress) => void | Promise<void>;
}

export interface VectorsProgress {
  readonly phase: 'reading' | 'summing' | 'writing';
  /** Of the phase, in [0,1]. */
  readonly done: number;
  /** Of all the work, in [0,1], roughly. */
  readonly share: number;
}

export interface CompressedVectors {
  readonly folder: string;
  readonly format: VectorsFormat;
  readonly rows: number;
  readonly dimension: number;
  readonly rank: number;
  /** ||W - A B|| / ||W||, the least that the rank allows. */
  readonly relativeError: number;
  /** Numbers in W, and in A and B. */
  readonly parametersBefore: number;
  readonly parameters: number;
  /** Names in the folder. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

export const factorsFile = 'factors.safetensors';
export const wordsFile = 'vocabulary.txt';

/**
 * Compresses word vectors by themselves, offline: their truncated SVD, W ~ A B with A = W V_k (m x k) and B = V_k^T
 * (k x n), whose rows are orthonormal, so that A's rows have the lengths, angles and distances of A B's. Reads the
 * vectors once (and .npy twice), whatever their number in a few MiB.
 *
 * @param input GloVe text, word2vec text or binary (`.bin`), fastText `.vec`, or a matrix in `.npy`
 * @param folder is made, and appears whole: A and B in factors.safetensors, the words in vocabulary.txt, and
 * coordinates or vectors in a file of the input's format and ending
 * @throws UserError naming the file and the line or entry; `output-exists` for a folder that holds anything
 */
export async function compressVectors(
  input: string,
  folder: string,
  options: CompressVectorsOptions,
): Promise<CompressedVectors> {
  const result = await makeFolder(folder, (temporary) => compressInto(temporary, input, options));
  return { folder, ...result };
}

async function compressInto(
  folder: string,
  input: string,
  options: CompressVectorsOptions,
): Promise<Omit<CompressedVectors, 'folder'>> {
  const { size, write, threads } = options;
  const rowsFile = join(folder, 'rows.tmp');
  const wordsPath = join(folder, wordsFile);
  const progress = progressOf(input, options);
  const source = isNpy(input)
    ? { format: 'npy' as const, ...(await openNpy(input)) }
    : await unpackVectors(input, {
        rowsFile,
        wordsFile: wordsPath,
        watch: progress('reading', await sizeOf(input)),
      });
  const { format, rows, dimension } = source;
  const asked = 'rank' in size ? size.rank : rankForReduction(size.reduction, rows, dimension);
  const { B, rank, directions, singularValues, warnings } = await findFactors(
    source,
    { rank: asked, metric: 'spectrum', split: 'right' },
    { ...(threads && { threads }), watch: progress('summing', rows) },
  );
  const name = `${write}${extname(input)}`;
  const [width, expand] =
    write === 'coordinates'
      ? [rank, undefined]
      : [dimension, new Projection(transpose(B, rank, dimension), rank)];
  const file = await open(join(folder, name), 'wx');
  const writer = new EntryWriter(file, format, width, wordsPath);
  const pass = { ...(threads && { threads }), watch: progress('writing', rows) };
  const blocks = async function* (): AsyncGenerator<Float32Array> {
    await writer.begin(rows);
    for await (const block of projectRows(source, directions, pass)) {
      await writer.write(expand?.of(block) ?? block);
      yield block;
    }
    await file.sync();
  };
  try {
    await writeSafetensors(
      join(folder, factorsFile),
      new Map<string, Tensor | StreamedTensor>([
        ['A', { shape: [rows, rank], blocks: blocks() }],
        ['B', { shape: [rank, dimension], data: B }],
      ]),
      { method: 'truncated SVD: W ~ A B', rank: String(rank) },
    );
  } finally {
    await writer.close();
  }
  await rm(rowsFile, { force: true });
  const squares = (from: number): number => singularValues.subarray(from).reduce((sum, s) => sum + s * s, 0);
  return {
    format,
    rows,
    dimension,
    rank,
    relativeError: Math.sqrt(squares(rank) / squares(0)),
    parametersBefore: rows * dimension,
    parameters: rank * (rows + dimension),
    files: [factorsFile, ...(format === 'npy' ? [] : [wordsFile]), name],
    warnings,
  };
}

/** Rough shares of the time, for an estimate: text takes long to parse. */
function sharesOf(input: string): Readonly<Record<VectorsProgress['phase'], number>> {
  if (isNpy(input)) return { reading: 0, summing: 0.6, writing: 0.4 };
  if (isBinaryVectors(input)) return { reading: 0.3, summing: 0.4, writing: 0.3 };
  return { reading: 0.6, summing: 0.2, writing: 0.2 };
}

function progressOf(input: string, { watch }: CompressVectorsOptions) {
  const shares = sharesOf(input);
  const starts = { reading: 0, summing: shares.reading, writing: shares.reading + shares.summing };
  return (phase: VectorsProgress['phase'], total: number) =>
    (amount: number): void | Promise<void> => {
      const done = Math.min(1, amount / total);
      return watch?.({ phase, done, share: starts[phase] + shares[phase] * done });
    };
}

function isNpy(path: string): boolean {
  return path.toLowerCase().endsWith('.npy');
}

/** At least 1; that a file is missing is said where it is read. */
async function sizeOf(path: string): Promise<number> {
  return Math.max(1, (await stat(path).catch(() => undefined))?.size ?? 1);
}

/** n x k of k x n. */
function transpose(matrix: Float32Array, k: number, n: number): Float64Array {
  return Float64Array.from({ length: n * k }, (_, i) => matrix[(i % k) * n + Math.floor(i / k)]!);
}
