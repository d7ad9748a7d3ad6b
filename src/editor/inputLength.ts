import { readFile } from 'node:fs/promises';

/** The length of the sentences that a tfjs layers model takes; undefined where it takes any, or does not tell. */
export async function readInputLength(modelFile: string): Promise<number | undefined> {
  if (!modelFile.endsWith('.json')) return undefined;
  return inputLengthOf(JSON.parse(await readFile(modelFile, 'utf8')));
}

/** @param model a parsed model.json; what it says of shapes stands at different depths in Keras's versions */
export function inputLengthOf(model: unknown): number | undefined {
  if (typeof model !== 'object' || model === null) return undefined;
  for (const [name, value] of Object.entries(model)) {
    if ((name === 'batch_input_shape' || name === 'batch_shape') && Array.isArray(value)) {
      const length: unknown = value[1];
      return typeof length === 'number' && value.length === 2 ? length : undefined;
    }
  }
  for (const value of Object.values(model)) {
    const length = inputLengthOf(value);
    if (length !== undefined) return length;
  }
  return undefined;
}
