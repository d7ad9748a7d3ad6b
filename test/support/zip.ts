import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

export type ZipEntries = readonly (readonly [name: string, data: Buffer, compress?: boolean])[];

/** An archive with right sums, as a library writes it. */
export async function zip(entries: ZipEntries): Promise<Buffer> {
  const file = new ZipFile();
  for (const [name, data, compress = false] of entries) file.addBuffer(data, name, { compress });
  file.end();
  return buffer(file.outputStream);
}
