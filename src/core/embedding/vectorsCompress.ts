import { rm, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { StreamedTensor, Tensor } from '../checkpoint/checkpoint.ts';
import { makeFolder } from '../checkpoint/newFolder.ts';
import { writeSafetensors } from '../checkpoint/safetensors.ts';
import { chosenRank, type RankChoice } from '../cost/reduction.ts';
import { locate } from '../errors.ts';
import { findFactors } from './factorize.ts';
import { Projection } from './project.ts';
import { projectRows } from './rowPass.ts';
import type { RowThreads } from './rowWork.ts';
import { relativeError } from './spectrum.ts';
import { EntryWriter } from './vectorsEntries.ts';
import { openVectorsFile, vectorsKind, type VectorsKind } from './vectorsSource.ts';
import type { VectorsFormat } from './vectorsWrite.ts';

/** What stands in the file of the input's format: A's rows, k numbers a word, or the rows of A B, n numbers a word. */
export type WrittenVectors = 'coordinates' | 'vectors';

export interface CompressVectorsOptions {
  readonly size: RankChoice;
  readonly write: WrittenVectors;
  /** Of a file of tensors, the matrix's name; its largest one where absent. */
  readonly tensor?: string;
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
  readonly format: VectorsFormat | 'tensors';
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
 * @param input GloVe text, word2vec text or binary (`.bin`), fastText `.vec`, a matrix in `.npy`, or one of the tensors of
 * a `.safetensors`, `.pt` or `.pth` file
 * @param folder is made, and appears whole: A and B in factors.safetensors, the words in vocabulary.txt, and
 * coordinates or vectors in a file of the input's format and ending; of tensors only the first of them
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
  const { size, write, threads, tensor } = options;
  const rowsFile = join(folder, 'rows.tmp');
  const wordsPath = join(folder, wordsFile);
  const progress = progressOf(input, options);
  const source = await openVectorsFile(input, {
    rowsFile,
    wordsFile: wordsPath,
    watch: progress('reading', await sizeOf(input)),
    ...(tensor !== undefined && { tensor }),
  });
  const { format, rows, dimension } = source;
  const { B, rank, directions, singularValues, warnings } = await locate({ file: input }, () =>
    findFactors(
      source,
      { rank: chosenRank(size, rows, dimension), metric: 'spectrum', split: 'right' },
      { ...(threads && { threads }), watch: progress('summing', rows) },
    ),
  );
  const pass = { ...(threads && { threads }), watch: progress('writing', rows) };
  const coordinates = projectRows(source, directions, pass);
  const writeFactors = (blocks: AsyncIterable<Float32Array>): Promise<void> =>
    writeSafetensors(
      join(folder, factorsFile),
      new Map<string, Tensor | StreamedTensor>([
        ['A', { shape: [rows, rank], blocks }],
        ['B', { shape: [rank, dimension], data: B }],
      ]),
      { method: 'truncated SVD: W ~ A B', rank: String(rank) },
    );
  const files = [factorsFile];
  if (format === undefined) {
    await writeFactors(coordinates);
  } else {
    const name = `${write}${extname(input)}`;
    if (format !== 'npy') files.push(wordsFile);
    files.push(name);
    const [width, expand] =
      write === 'coordinates'
        ? [rank, undefined]
        : [dimension, new Projection(transpose(B, rank, dimension), rank)];
    const writer = await EntryWriter.create(join(folder, name), format, rows, width, wordsPath);
    const beside = async function* (): AsyncGenerator<Float32Array> {
      for await (const block of coordinates) {
        await writer.write(expand?.of(block) ?? block);
        yield block;
      }
    };
    try {
      await writeFactors(beside());
    } finally {
      await writer.close();
    }
  }
  await rm(rowsFile, { force: true });
  return {
    format: format ?? 'tensors',
    rows,
    dimension,
    rank,
    relativeError: relativeError(singularValues, rank),
    parametersBefore: rows * dimension,
    parameters: rank * (rows + dimension),
    files,
    warnings,
  };
}

/** Rough shares of the time, for an estimate: text takes long to parse. */
const shares: Readonly<Record<VectorsKind, Readonly<Record<VectorsProgress['phase'], number>>>> = {
  text: { reading: 0.6, summing: 0.2, writing: 0.2 },
  binary: { reading: 0.3, summing: 0.4, writing: 0.3 },
  matrix: { reading: 0, summing: 0.6, writing: 0.4 },
  tensors: { reading: 0, summing: 0.6, writing: 0.4 },
};

function progressOf(input: string, { watch }: CompressVectorsOptions) {
  const { reading, summing, writing } = shares[vectorsKind(input)];
  const parts = { reading: [0, reading], summing: [reading, summing], writing: [reading + summing, writing] };
  return (phase: VectorsProgress['phase'], total: number) =>
    (amount: number): void | Promise<void> => {
      const done = Math.min(1, amount / total);
      const [start = 0, share = 0] = parts[phase];
      return watch?.({ phase, done, share: start + share * done });
    };
}

/** At least 1; that a file is missing is said where it is read. */
async function sizeOf(path: string): Promise<number> {
  return Math.max(1, (await stat(path).catch(() => undefined))?.size ?? 1);
}

/** n x k of k x n. */
function transpose(matrix: Float32Array, k: number, n: number): Float64Array {
  return Float64Array.from({ length: n * k }, (_, i) => matrix[(i % k) * n + Math.floor(i / k)]!);
}
