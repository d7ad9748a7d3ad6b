import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamedTensor, Tensor } from './checkpoint.ts';
import { bytesOf, writeAll, type Watch } from './replaceFile.ts';
import { blocksOf, sizeOf } from './tensorBlocks.ts';

/** As tensorflowjs_converter cuts them, so that browsers cache the shards one by one. */
const shardBytes = 4 * 2 ** 20;

/** A weight's bytes as they lie in shards, in blocks, one after the other. */
interface StoredBytes {
  readonly shape: readonly number[];
  readonly length: number;
  readonly bytes: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export type NamedWeight = (Tensor | StreamedTensor | StoredBytes) & { readonly name: string };

function bytesIn(weight: NamedWeight): number {
  return 'length' in weight ? weight.length : 4 * sizeOf(weight.shape);
}

async function* bytesOfWeight(weight: NamedWeight): AsyncGenerator<Uint8Array> {
  if ('length' in weight) yield* weight.bytes();
  else for await (const block of blocksOf(weight, weight.name)) yield bytesOf(block);
}

/**
 * Writes the weights' bytes into a folder, one after the other, cut into files of one size.
 * @returns the files' names
 */
export async function writeShards(
  folder: string,
  weights: readonly NamedWeight[],
  watch?: Watch,
): Promise<string[]> {
  const total = weights.reduce((sum, weight) => sum + bytesIn(weight), 0);
  const count = Math.max(1, Math.ceil(total / shardBytes));
  const names = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  let next = 0;
  let file: FileHandle | undefined;
  let room = 0;
  try {
    for (const weight of weights) {
      for await (const block of bytesOfWeight(weight)) {
        for (let bytes = block; bytes.length > 0;) {
          if (file === undefined || room === 0) {
            await file?.close();
            file = await open(join(folder, names[next++]!), 'wx');
            room = shardBytes;
          }
          const part = bytes.subarray(0, room);
          await writeAll(file, part, watch);
          room -= part.length;
          bytes = bytes.subarray(part.length);
        }
      }
    }
  } finally {
    await file?.close();
  }
  return names;
}
