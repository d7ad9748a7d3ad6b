/**
 * A whole number from a file's JSON, from `least` to `most`.
 * @param fault makes the error for a field
 */
export function wholeField(
  value: unknown,
  least: number,
  most: number,
  field: string,
  fault: (field: string) => Error,
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw fault(field);
}
