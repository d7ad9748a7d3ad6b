import { UserError } from '../errors.ts';

export function invalidVectors(
  path: string,
  message: string,
  place: { readonly line?: number; readonly item?: string } = {},
): UserError {
  return new UserError(
    'invalid-vectors',
    message,
    'Check that the file of word vectors is whole and in GloVe or word2vec form.',
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
