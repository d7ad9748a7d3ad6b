import type { Parts } from './coding.ts';

/** The values of a part by its name. @throws RangeError where it is missing or of another size */
export function partOf(parts: Parts, name: string, length?: number): Float32Array {
  const data = parts.get(name)?.data;
  if (data === undefined || (length !== undefined && data.length !== length)) {
    throw new RangeError(`${name} must have ${length ?? 'some'} values, not ${data?.length ?? 'none'}`);
  }
  return data;
}
