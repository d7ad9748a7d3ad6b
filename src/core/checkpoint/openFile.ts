import { open, readFile, type FileHandle } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { checkJsonSize, parseJson } from '../parseJson.ts';

function notAFile(path: string): UserError {
  return new UserError('not-a-file', 'A file is expected here.', 'Check the path.', { file: path });
}

/** What is wrong with a file that cannot be opened, as a UserError; other errors as they are. */
function openFailure(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new UserError('file-not-found', 'The file does not exist.', 'Check the path.', { file: path });
  if (code === 'EISDIR') return notAFile(path);
  if (code === 'EACCES' || code === 'EPERM') {
    return new UserError('file-not-readable', 'The file may not be read.', 'Check its permissions.', {
      file: path,
    });
  }
  return error;
}

/** @throws UserError for a file that is missing, a folder, or may not be read. */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (error) {
    throw openFailure(error, path);
  }
  throw notAFile(path);
}

/**
 * Reads a JSON object.
 * @throws UserError for a file that is missing, too large, no JSON, or no object.
 */
export async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  const file = await openFile(path);
  try {
    checkJsonSize((await file.stat()).size, path);
  } finally {
    await file.close();
  }
  let value: unknown;
  try {
    value = parseJson((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (error) {
    const fault = error instanceof SyntaxError ? error.message : undefined;
    if (fault === undefined) throw openFailure(error, path);
    throw new UserError(
      'invalid-json',
      `The file is no JSON: ${fault}.`,
      'Check that it is the right file, and whole.',
      { file: path },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(
      'invalid-json',
      'The file holds no JSON object.',
      'Check that it is the right file.',
      { file: path },
    );
  }
  return value as Record<string, unknown>;
}
