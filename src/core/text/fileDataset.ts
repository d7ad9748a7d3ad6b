import { closeSync, readSync, writeSync } from 'node:fs';
import { UserError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { EncodedChunk, EncodedDataset } from './encoded.ts';

/** 16 MiB: about 175,000 sentences of 20 tokens. So much of a dataset is held in memory, all of a smaller one. */
export const chunkInts = 1 << 22;
/** 256 KiB: what a disk reads at one go, and 64 random places of the file in each chunk. */
export const blockInts = 1 << 16;
/** Integers of a sentence beside its tokens: label, line, whether it has unknown words, length. */
const headInts = 4;

/** Consecutive sentences in a file: their labels, their lines, whether they have unknown words, their lengths, their tokens. */
export interface Block {
  readonly sentences: number;
  readonly tokens: number;
}

/** 32-bit integers that sentences take, in memory and in a file. */
export function intsOf({ sentences, tokens }: Block): number {
  return headInts * sentences + tokens;
}

/** Appends sentences to a file. @returns the blocks that they are in */
export function writeBlocks(file: number, chunk: EncodedChunk): Block[] {
  const { offsets, labels } = chunk;
  const blocks: Block[] = [];
  for (let from = 0; from < labels.length;) {
    let to = from + 1;
    while (to < labels.length && offsets[to]! - offsets[from]! + headInts * (to - from) < blockInts) to++;
    blocks.push(writeBlock(file, chunk, from, to));
    from = to;
  }
  return blocks;
}

function writeBlock(file: number, chunk: EncodedChunk, from: number, to: number): Block {
  const { ids, offsets, labels, lines, withUnknown } = chunk;
  const sentences = to - from;
  const block = { sentences, tokens: offsets[to]! - offsets[from]! };
  const ints = new Int32Array(intsOf(block));
  ints.set(labels.subarray(from, to), 0);
  ints.set(lines.subarray(from, to), sentences);
  ints.set(withUnknown.subarray(from, to), 2 * sentences);
  for (let i = from; i < to; i++) ints[3 * sentences + i - from] = offsets[i + 1]! - offsets[i]!;
  ints.set(ids.subarray(offsets[from], offsets[to]), headInts * sentences);
  const bytes = new Uint8Array(ints.buffer);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    throw new UserError(
      'disk-full',
      'The disk is full: the sentences as rows of the table do not fit.',
      'Free some space on the disk of the run and on that of temporary files.',
    );
  }
  return block;
}

/** The sentences from..to-1 of a block of the file. */
interface Segment {
  readonly block: number;
  readonly from: number;
  readonly to: number;
}

/** What the sentences of a dataset have to be, for a model to be trained on them. */
export interface DatasetLimits {
  /** m */
  readonly rows: number;
  /** Numbers that a label may be: of classes, or of sets of labels. */
  readonly labels: number;
}

/** A dataset in a file, of which one chunk is in memory. */
export class FileDataset implements EncodedDataset {
  readonly sentences: number;
  readonly tokens: number;
  readonly #file: number;
  readonly #path: string;
  readonly #blocks: readonly Block[];
  /** Where each block begins, in bytes. */
  readonly #starts: readonly number[];
  readonly #limits: DatasetLimits | undefined;

  /**
   * @param file open for reading; closed with the dataset
   * @param limits of a file that may have been changed since it was written: what is read is held against them
   */
  constructor(
    file: number,
    path: string,
    blocks: readonly Block[],
    readonly labelSets?: readonly Int32Array[],
    limits?: DatasetLimits,
  ) {
    this.#file = file;
    this.#path = path;
    this.#limits = limits;
    this.#blocks = blocks;
    this.sentences = blocks.reduce((sum, { sentences }) => sum + sentences, 0);
    this.tokens = blocks.reduce((sum, { tokens }) => sum + tokens, 0);
    let start = 0;
    this.#starts = blocks.map((block) => {
      const at = start;
      start += Int32Array.BYTES_PER_ELEMENT * intsOf(block);
      return at;
    });
  }

  *chunks(multiple = 1, random?: Random): Generator<EncodedChunk> {
    const memory = new ChunkMemory();
    let segments: Segment[] = [];
    let ints = 0;
    for (const block of random?.permutation(this.#blocks.length) ?? this.#blocks.keys()) {
      segments.push({ block, from: 0, to: this.#blocks[block]!.sentences });
      ints += intsOf(this.#blocks[block]!);
      if (ints < chunkInts) continue;
      const { whole, rest } = cut(segments, multiple);
      if (whole.length === 0) continue;
      yield this.#read(whole, memory);
      segments = rest;
      ints = rest.reduce((sum, segment) => sum + intsOf(this.#blocks[segment.block]!), 0);
    }
    if (segments.length > 0) yield this.#read(segments, memory);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(segments: readonly Segment[], memory: ChunkMemory): EncodedChunk {
    const count = segments.reduce((sum, { from, to }) => sum + to - from, 0);
    const tokens = segments.reduce((sum, { block }) => sum + this.#blocks[block]!.tokens, 0);
    const { ids, offsets, labels, lines, withUnknown } = memory.chunk(count, tokens);
    let at = 0;
    for (const { block, from, to } of segments) {
      const { sentences } = this.#blocks[block]!;
      const ints = this.#readBlock(block, memory);
      const part = (array: number): Int32Array =>
        ints.subarray(array * sentences + from, array * sentences + to);
      labels.set(part(0), at);
      lines.set(part(1), at);
      withUnknown.set(part(2), at);
      let start = headInts * sentences;
      for (let i = 0; i < from; i++) start += ints[3 * sentences + i]!;
      const first = offsets[at]!;
      for (const length of part(3)) {
        offsets[at + 1] = offsets[at]! + length;
        at++;
      }
      ids.set(ints.subarray(start, start + offsets[at]! - first), first);
    }
    return { ids: ids.subarray(0, offsets[count]), offsets, labels, lines, withUnknown };
  }

  #readBlock(block: number, memory: ChunkMemory): Int32Array {
    const ints = memory.block(intsOf(this.#blocks[block]!));
    const bytes = new Uint8Array(ints.buffer, ints.byteOffset, ints.byteLength);
    for (let at = 0; at < bytes.length;) {
      const read = readSync(this.#file, bytes, at, bytes.length - at, this.#starts[block]! + at);
      if (read === 0) {
        throw damagedData(this.#path, `The file ends ${bytes.length - at} bytes early`);
      }
      at += read;
    }
    if (this.#limits !== undefined) checkBlock(ints, this.#blocks[block]!, this.#limits, this.#path);
    return ints;
  }
}

/** @throws UserError `damaged-data` for a row or a class that is not there, and lengths that are not those of the block */
function checkBlock(
  ints: Int32Array,
  { sentences, tokens }: Block,
  { rows, labels }: DatasetLimits,
  path: string,
): void {
  const all = (from: number, to: number, isRight: (value: number) => boolean): boolean =>
    ints.subarray(from, to).every(isRight);
  const ends = headInts * sentences;
  const lengths = ints.subarray(ends - sentences, ends);
  if (!lengths.every((length) => length > 0) || lengths.reduce((a, b) => a + b, 0) !== tokens) {
    throw damagedData(path, `The lengths of its sentences are not those of ${tokens} tokens`);
  }
  if (!all(0, sentences, (label) => label >= 0 && label < labels)) {
    throw damagedData(path, `It has a label other than the ${labels} that there are`);
  }
  if (!all(ends, ends + tokens, (id) => id >= 0 && id < rows)) {
    throw damagedData(path, `It has a row beyond the ${rows} of the table`);
  }
}

/** Of a file that a run has made for itself. */
export function damagedData(file: string, fault: string): UserError {
  return new UserError(
    'damaged-data',
    `${fault}.`,
    'Delete its folder and resume the run: the data is read anew.',
    { file },
  );
}

/** A next chunk is rarely larger than the first one by more. */
const slack = 1.1;

/** The memory that the chunks of one reading share, since that of each would lie about until the next collection. */
class ChunkMemory {
  #block = new Int32Array(0);
  #ids = new Int32Array(0);
  #offsets = new Int32Array(0);
  #labels = new Int32Array(0);
  #lines = new Int32Array(0);
  #withUnknown = new Uint8Array(0);

  block(ints: number): Int32Array {
    if (ints > this.#block.length) this.#block = new Int32Array(slack * ints);
    return this.#block.subarray(0, ints);
  }

  chunk(sentences: number, tokens: number): EncodedChunk {
    if (tokens > this.#ids.length) this.#ids = new Int32Array(slack * tokens);
    if (sentences > this.#labels.length) {
      const most = Math.ceil(slack * sentences);
      this.#offsets = new Int32Array(most + 1);
      this.#labels = new Int32Array(most);
      this.#lines = new Int32Array(most);
      this.#withUnknown = new Uint8Array(most);
    }
    return {
      ids: this.#ids,
      offsets: this.#offsets.subarray(0, sentences + 1),
      labels: this.#labels.subarray(0, sentences),
      lines: this.#lines.subarray(0, sentences),
      withUnknown: this.#withUnknown.subarray(0, sentences),
    };
  }
}

/** Parts the segments after the last whole multiple of sentences. */
function cut(segments: readonly Segment[], multiple: number): { whole: Segment[]; rest: Segment[] } {
  const whole = [...segments];
  const rest: Segment[] = [];
  let over = segments.reduce((sum, { from, to }) => sum + to - from, 0) % multiple;
  while (over > 0) {
    const { block, from, to } = whole.pop()!;
    const middle = Math.max(from, to - over);
    rest.unshift({ block, from: middle, to });
    if (middle > from) whole.push({ block, from, to: middle });
    over -= to - middle;
  }
  return { whole, rest };
}
