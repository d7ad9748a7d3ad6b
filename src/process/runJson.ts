import { readFile } from 'node:fs/promises';
import { UserError } from '../core/errors.ts';
import { checkJsonSize, parseJson } from '../core/parseJson.ts';

/** The code of the error that names a run's damaged file. */
export const damagedRun = 'damaged-run';

/**
 * What a file of a run holds, which a supervisor has written; undefined where there is none.
 * @throws UserError `damaged-run`, `json-too-large`
 */
export async function readRunJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  checkJsonSize(text.length, path);
  return parseRunJson(text, path) as T;
}

/**
 * @param line of the file, where the text is one of its lines
 * @throws UserError `damaged-run`
 */
export function parseRunJson(text: string, file: string, line?: number): object {
  try {
    const found = parseJson(text);
    if (typeof found === 'object' && found !== null) return found;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UserError(
    damagedRun,
    `The ${line === undefined ? 'file' : 'line'} is no JSON object, as a run writes it.`,
    'Put the file back from a copy, or delete the run and start it again.',
    { file, ...(line !== undefined && { line }) },
  );
}
