import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.ts';

/**
 * Finds out before the work whether what is written would go over the model that it is made of.
 *
 * @param folder where to
 * @param model the model's file
 * @throws UserError `output-over-input`
 */
export async function checkApart(folder: string, model: string): Promise<void> {
  const there = await realpath(folder).catch(() => resolve(folder));
  if (there !== (await realpath(dirname(model)))) return;
  throw new UserError(
    'output-over-input',
    'The folder is that of the model itself.',
    'Name another folder, which is made.',
    { file: folder },
  );
}
