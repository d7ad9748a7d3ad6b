const point = 46;
const minus = 45;
const plus = 43;
/** So many digits are whole numbers below 2^53. */
const exactDigits = 15;
/** The powers of ten that a float64 holds exactly. */
const powers = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * The number that `bytes[start..end-1]` spell in decimal, NaN where they spell none. The usual forms are read without
 * a string: both the digits and the power of ten are exact, so that one division rounds as it should (Clinger, "How to
 * read floating point numbers accurately", 1990).
 */
export function parseDecimal(bytes: Buffer, start: number, end: number): number {
  let at = start;
  const first = bytes[at];
  if (first === minus || first === plus) at++;
  let whole = 0;
  let digits = 0;
  let significant = 0;
  let places = 0;
  let seenPoint = false;
  for (; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit >= 0 && digit <= 9) {
      whole = 10 * whole + digit;
      digits++;
      if (whole > 0) significant++;
      if (seenPoint) places++;
    } else if (bytes[at] === point && !seenPoint) {
      seenPoint = true;
    } else {
      break;
    }
  }
  if (at === end && digits > 0 && significant <= exactDigits && places < powers.length) {
    const size = whole / powers[places]!;
    return first === minus ? -size : size;
  }
  const text = bytes.toString('latin1', start, end);
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN;
}
