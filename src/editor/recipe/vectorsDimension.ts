import * as l10n from '@vscode/l10n';
import { open } from 'node:fs/promises';
import { UserError } from '../../core/errors.ts';

const headBytes = 1 << 16;

/**
 * Numbers a word in a file of word vectors, from its first line.
 * @throws UserError where it does not begin as such a file does
 */
export async function readVectorsDimension(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(headBytes), position: 0 });
    const dimension = dimensionOf(buffer.toString('latin1', 0, bytesRead));
    if (dimension !== undefined) return dimension;
  } finally {
    await file.close();
  }
  throw new UserError(
    'invalid-vectors',
    l10n.t('The file does not begin with a word and its numbers.'),
    l10n.t("Choose word vectors: GloVe's text, or word2vec's text or binary form."),
    { file: path, line: 1 },
  );
}

/** @param head the beginning of the file: `V D`, or a word and its D numbers */
export function dimensionOf(head: string): number | undefined {
  const end = head.indexOf('\n');
  const fields = (end < 0 ? head : head.slice(0, end)).trim().split(/[ \t]+/);
  if (fields.length === 2 && fields.every((field) => /^\d+$/.test(field))) return Number(fields[1]);
  const numbers = fields.slice(1);
  return numbers.length > 0 && numbers.every((field) => Number.isFinite(Number(field)))
    ? numbers.length
    : undefined;
}
