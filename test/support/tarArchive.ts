import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';

export interface TarEntry {
  readonly path: string;
  readonly type?: NonNullable<HeaderData['type']>;
  readonly linkpath?: string;
  readonly data?: string;
}

/** A tar.gz of entries as they are given, also such as no well-meaning program writes. */
export function tarGz(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, type = 'File', linkpath, data = '' } of entries) {
    const content = Buffer.from(data);
    const header = new Header({
      path,
      type,
      size: content.length,
      mode: 0o644,
      ...(linkpath !== undefined && { linkpath }),
    });
    const block = Buffer.alloc(512);
    header.encode(block);
    blocks.push(block, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export async function writeTarGz(file: string, entries: readonly TarEntry[]): Promise<string> {
  await writeFile(file, tarGz(entries));
  return file;
}
