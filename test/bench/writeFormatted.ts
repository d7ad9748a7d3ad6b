import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/** As the project formats its files. */
export async function writeFormatted(path: string, text: string): Promise<void> {
  await writeFile(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
