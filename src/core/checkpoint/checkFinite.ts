import { UserError } from '../errors.ts';

/** @throws UserError `weight-not-finite` that names the weight and the place of its first NaN or Infinity. */
export function checkFinite(data: Float32Array, name: string, file: string): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new UserError(
        'weight-not-finite',
        `The weight '${name}' holds ${data[i]!} at position ${i}.`,
        'Train the model again: its weights have diverged.',
        { file, item: name },
      );
    }
  }
}
