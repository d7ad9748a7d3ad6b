/** What a user types in answer to the questions of a search; undefined where it says nothing. */

/** Validation accuracy that may be lost, in [0,1): `0.005` or `0.5 %`. */
export function lossOf(text: string): number | undefined {
  const [, digits, percent] = /^\s*(\d*\.?\d+)\s*(%?)\s*$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const loss = percent === '%' ? Number((Number(digits) / 100).toPrecision(12)) : Number(digits);
  return loss < 1 ? loss : undefined;
}

/** Bytes of a model, at least one: `500000`, `500 kB` or `0.5 MB`. */
export function bytesOf(text: string): number | undefined {
  const [, digits, unit = ''] = /^\s*(\d*\.?\d+)\s*([kmg]?b?)\s*$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const factor = { k: 1e3, m: 1e6, g: 1e9 }[unit.charAt(0).toLowerCase()] ?? 1;
  const bytes = Math.round(factor * Number(digits));
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Of a run, above 0. */
export function minutesOf(text: string): number | undefined {
  const minutes = /^\s*\d*\.?\d+\s*$/.test(text) ? Number(text) : 0;
  return minutes > 0 && minutes <= 100_000 ? minutes : undefined;
}
