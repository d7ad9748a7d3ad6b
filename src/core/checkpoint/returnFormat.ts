import { isKerasFormat, type WrittenFormat } from './fileNames.ts';
import { openCheckpoint } from './openCheckpoint.ts';

/**
 * The format in which what is made of a model goes back: Keras's where it came from there, else tfjs.
 * Tfjs also where the model cannot be opened any more.
 */
export async function returnFormat(path: string): Promise<WrittenFormat> {
  const given = await openCheckpoint(path).catch(() => undefined);
  return isKerasFormat(given?.format) ? given.format : 'tfjs';
}
