import type { WrittenFormat } from './fileNames.ts';

/** How an exported file holds the numbers of the embedding. */
export const storages = ['float32', 'float16', 'uint8', 'uint16'] as const;
export type Storage = (typeof storages)[number];

/** Those that a format can hold: the variables of Keras's files are float32. */
export function storagesOf(format: WrittenFormat): readonly Storage[] {
  return format === 'keras' || format === 'h5' ? ['float32'] : storages;
}
