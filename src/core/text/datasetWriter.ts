import { randomBytes } from 'node:crypto';
import { openSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  MemoryDataset,
  sentencesOf,
  type EncodedChunk,
  type EncodedDataset,
  type Sentence,
} from './encoded.ts';
import { blockInts, chunkInts, FileDataset, intsOf, writeBlocks, type Block } from './fileDataset.ts';
import { GrowingInts } from './growing.ts';

/** Makes a dataset of sentences, one by one. As soon as they are more than a chunk, they go to a file. */
export class DatasetWriter {
  readonly #folder: string;
  readonly #labelSets: readonly Int32Array[] | undefined;
  #held = new HeldSentences();
  #file: { readonly descriptor: number; readonly path: string; readonly blocks: Block[] } | undefined;

  /**
   * @param folder where a file may be made, which is gone with the process; the system's folder if not given
   * @param labelSets where the labels are numbers of sets
   */
  constructor(folder = tmpdir(), labelSets?: readonly Int32Array[]) {
    this.#folder = folder;
    this.#labelSets = labelSets;
  }

  push(sentence: Sentence): void {
    this.#held.push(sentence);
    if (intsOf(this.#held) >= (this.#file === undefined ? chunkInts : blockInts)) this.#spill();
  }

  /** The dataset of all sentences that were pushed. */
  finish(): EncodedDataset {
    if (this.#file === undefined) return new MemoryDataset(this.#held.copy(), this.#labelSets);
    this.#spill();
    const { descriptor, path, blocks } = this.#file;
    return new FileDataset(descriptor, path, blocks, this.#labelSets);
  }

  #spill(): void {
    this.#file ??= { ...openNameless(this.#folder), blocks: [] };
    this.#file.blocks.push(...writeBlocks(this.#file.descriptor, this.#held.view()));
    this.#held = new HeldSentences();
  }
}

/** A dataset with every sentence changed; the one given is closed. */
export function rewrite(
  data: EncodedDataset,
  change: (sentence: Sentence) => Sentence,
  folder: string | undefined,
): EncodedDataset {
  const writer = new DatasetWriter(folder, data.labelSets);
  for (const sentence of sentencesOf(data)) writer.push(change(sentence));
  data.close();
  return writer.finish();
}

class HeldSentences {
  readonly #ids = new GrowingInts();
  readonly #offsets = new GrowingInts();
  readonly #labels = new GrowingInts();
  readonly #withUnknown = new GrowingInts();
  readonly #lines = new GrowingInts();

  constructor() {
    this.#offsets.push(0);
  }

  get sentences(): number {
    return this.#labels.length;
  }

  get tokens(): number {
    return this.#ids.length;
  }

  push({ ids, label, withUnknown, line }: Sentence): void {
    for (let t = 0; t < ids.length; t++) this.#ids.push(ids[t]!);
    this.#offsets.push(this.#ids.length);
    this.#labels.push(label);
    this.#withUnknown.push(withUnknown ? 1 : 0);
    this.#lines.push(line);
  }

  /** Until the next `push`. */
  view(): EncodedChunk {
    return {
      ids: this.#ids.view(),
      offsets: this.#offsets.view(),
      labels: this.#labels.view(),
      withUnknown: Uint8Array.from(this.#withUnknown.view()),
      lines: this.#lines.view(),
    };
  }

  copy(): EncodedChunk {
    const { ids, offsets, labels, withUnknown, lines } = this.view();
    return {
      ids: ids.slice(),
      offsets: offsets.slice(),
      labels: labels.slice(),
      withUnknown,
      lines: lines.slice(),
    };
  }
}

/** A file without a name, so that nothing of it stays, however the process ends. */
function openNameless(folder: string): { readonly descriptor: number; readonly path: string } {
  const path = join(folder, `press-${randomBytes(8).toString('hex')}.tmp`);
  const descriptor = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return { descriptor, path };
}
