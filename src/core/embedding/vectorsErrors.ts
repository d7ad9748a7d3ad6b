import { UserError } from '../errors.ts';

export function invalidVectors(
  path: string,
  message: string,
  place: { readonly line?: number; readonly item?: string } = {},
): UserError {
  return new UserError(
    'invalid-vectors',
    message,
    path.toLowerCase().endsWith('.npy')
      ? 'Save the matrix anew, a row for each word: numpy.save(path, numpy.ascontiguousarray(matrix, "float32")).'
      : 'Check that the file of word vectors is whole and in GloVe or word2vec form.',
    { file: path, ...place },
  );
}

export function wrongDimension(path: string, found: number, expected: number, line = 1): UserError {
  return new UserError(
    'wrong-dimension',
    `The word vectors have ${found} dimensions, where the recipe has ${expected}.`,
    'Set "dimension" under "embedding" in the recipe to the dimension of the vectors, or take other vectors.',
    { file: path, line },
  );
}

export function emptyVectors(path: string): UserError {
  return invalidVectors(path, 'The file of word vectors holds no vector.');
}

/** A file that would be read as text, by its name, and is none. */
export function noText(path: string): UserError {
  return new UserError(
    'invalid-vectors',
    'The file is no text of a word and its numbers on each line.',
    "Unpack an archive first; word2vec's binary form is read from a name that ends in .bin, and a model's embedding is compressed by embedding-press factorize.",
    { file: path, line: 1 },
  );
}

/** Of a Gram matrix of so many squared numbers, 128 MiB, and its eigenvectors, a few minutes. */
const maxDimension = 4096;

/** @throws UserError for a dimension that no word vectors have: a line of a text, or a header that lies. */
export function checkDimension(dimension: number, path: string): void {
  if (dimension >= 1 && dimension <= maxDimension) return;
  throw invalidVectors(
    path,
    `The vectors have ${dimension} dimensions, where 1 to ${maxDimension} are expected.`,
    { line: 1 },
  );
}
