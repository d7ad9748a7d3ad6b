/** Right answers as bits, eight to a byte, the first in the lowest one, in base64: small enough for results.json. */
export function packAnswers(right: readonly boolean[]): string {
  const bytes = new Uint8Array(Math.ceil(right.length / 8));
  right.forEach((is, i) => {
    if (is) bytes[i >> 3]! |= 1 << (i & 7);
  });
  return `${right.length}:${btoa(String.fromCharCode(...bytes))}`;
}

/** 1 for each right answer and 0 for the others. @throws RangeError for what `packAnswers` does not write */
export function unpackAnswers(packed: string): Uint8Array {
  const [, length, code] = /^(\d+):([A-Za-z0-9+/=]*)$/.exec(packed) ?? [];
  const bytes = atob(code ?? '');
  const right = new Uint8Array(Math.min(Number(length), 8 * bytes.length));
  if (length === undefined || Number(length) !== right.length) throw new RangeError('No packed answers.');
  for (let i = 0; i < right.length; i++) right[i] = (bytes.charCodeAt(i >> 3) >> (i & 7)) & 1;
  return right;
}
