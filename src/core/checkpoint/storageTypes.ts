import { isKerasFormat, type WrittenFormat } from './fileNames.ts';

/** How an exported file holds the numbers of the embedding. */
export const storages = ['float32', 'float16', 'uint8', 'uint16'] as const;
export type Storage = (typeof storages)[number];

/**
 * Those that a format can hold. Keras's variables are floating-point numbers; its files hold float16's values in float32
 * arrays, whose spare bits are compressed away.
 */
export function storagesOf(format: WrittenFormat): readonly Storage[] {
  return isKerasFormat(format) ? ['float32', 'float16'] : storages;
}
