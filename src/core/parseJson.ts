import { UserError } from './errors.ts';

/** Deeper than any tool nests, and little enough for code that calls itself at every level. */
const mostLevels = 1000;

/** Far more than any model's topology or a vocabulary of ten million words takes, and little enough to parse. */
const maxBytes = 256 * 2 ** 20;

/**
 * Before a file is read to be parsed.
 * @param hint what to do besides, after "Check the path"
 * @throws UserError `json-too-large`
 */
export function checkJsonSize(bytes: number, file: string, hint = ''): void {
  if (bytes <= maxBytes) return;
  throw new UserError(
    'json-too-large',
    `The file has ${bytes} bytes, where at most ${maxBytes} are read.`,
    `Check the path${hint}.`,
    { file },
  );
}

/**
 * Parses a JSON text from a file that anybody may have made: one that is nested without end would be read, and then
 * break whatever walks through it.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22:
        i = endOfString(text, i);
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > mostLevels) throw new SyntaxError(`It is nested more than ${mostLevels} levels deep`);
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
  }
  return JSON.parse(text) as unknown;
}

/** The place of the quote that ends the string which begins at `start`, or of the text's end. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}
