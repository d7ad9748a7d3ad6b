import type { Random } from '../../src/core/random.ts';

/** How often a reader is tried on mutated files: 300, or what EMBEDDING_PRESS_FUZZ says. */
export const mutations = Number(process.env.EMBEDDING_PRESS_FUZZ ?? 300);

/** A file with some bytes changed, a stretch taken out or put in twice, or its end cut off. */
export function mutated(whole: Buffer, random: Random): Buffer {
  const file = Buffer.from(whole);
  const at = (): number => random.integer(file.length);
  const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
  switch (random.integer(5)) {
    case 0:
      return file.subarray(0, to);
    case 1:
      return Buffer.concat([file.subarray(0, from), file.subarray(to)]);
    case 2:
      return Buffer.concat([file.subarray(0, to), file.subarray(from)]);
    default:
      for (let i = 0; i < 1 + 4 * random.uniform(); i++) file[at()] = random.integer(256);
      return file;
  }
}
