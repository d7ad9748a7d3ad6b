import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';

/** How often the reader of a format is tried on mutated files: 100, or what EMBEDDING_PRESS_FUZZ says. */
const mutations = Number(process.env.EMBEDDING_PRESS_FUZZ ?? 100);

/** No reader of a small file asks for more at once. */
const mostBytes = 128 * 2 ** 20;
/** Nor takes longer; the HDF5 library is given up after ten seconds, and a file is opened three times. */
const mostMs = 60_000;
/** Mutations that no reader would stand are kept here, to be looked at. */
const kept = join(import.meta.dirname, '../../out/fuzz');

export interface FuzzedFormat {
  /** The next mutation of a valid file. */
  readonly mutation: (random: Random, round: number) => Buffer | Promise<Buffer>;
  /** Where it is written to, beside whatever the reader needs. */
  readonly path: () => string;
  /** Reads all that is in the file. @throws UserError where it is damaged */
  readonly read: () => Promise<unknown>;
}

/** Defines the test that every mutation of a format's files is read whole or refused, in little time and memory. */
export function fuzz(format: string, { mutation, path, read }: FuzzedFormat): void {
  it(`reads or refuses every mutation: ${format}`, async function () {
    this.timeout(mutations * 1000);
    const random = new Random(format.length);
    const refusals = new Map<string, number>();
    let [slowest, largest] = [0, 0];
    for (let round = 0; round < mutations; round++) {
      const file = await mutation(random, round);
      await writeFile(path(), file);
      const started = performance.now();
      const asked = watchAllocations();
      const before = process.memoryUsage().rss;
      let bytes: number;
      try {
        await inTime(read());
      } catch (error) {
        if (!(error instanceof UserError)) throw await found(`${format}, round ${round}`, file, error);
        refusals.set(error.code, 1 + (refusals.get(error.code) ?? 0));
      } finally {
        bytes = Math.max(asked(), process.memoryUsage().rss - before);
      }
      slowest = Math.max(slowest, performance.now() - started);
      largest = Math.max(largest, bytes);
      if (bytes > mostBytes)
        throw await found(`${format}, round ${round}`, file, new Error(`It takes ${bytes} bytes of memory.`));
    }
    const refused = [...refusals.values()].reduce((a, b) => a + b, 0);
    // Mutations that change nothing that counts are few.
    assert.ok(refused > 0, 'no mutation was refused');
    tried.push({ format, refused, refusals, slowest, largest });
  });

  async function found(what: string, file: Buffer, cause: unknown): Promise<Error> {
    await mkdir(kept, { recursive: true });
    const place = join(kept, `${what.replaceAll(/[^\w.]+/g, '-')}-${basename(path())}`);
    await writeFile(place, file);
    return new Error(`${what}, see ${place}`, { cause });
  }
}

interface Tried {
  readonly format: string;
  readonly refused: number;
  readonly refusals: ReadonlyMap<string, number>;
  /** Milliseconds. */
  readonly slowest: number;
  /** Bytes. */
  readonly largest: number;
}

const tried: Tried[] = [];

/** Prints what was tried, where the long form was asked for. */
after(() => {
  if (process.env.EMBEDDING_PRESS_FUZZ === undefined || tried.length === 0) return;
  const rows = tried.map(({ format, refused, refusals, slowest, largest }) => [
    format.padEnd(40),
    String(mutations).padStart(6),
    String(mutations - refused).padStart(6),
    String(refused).padStart(8),
    `${slowest.toFixed(0)} ms`.padStart(10),
    `${(largest / 2 ** 20).toFixed(0)} MiB`.padStart(9),
    [...refusals]
      .sort(([, a], [, b]) => b - a)
      .map(([code, count]) => `${code} ${count}`)
      .join(', '),
  ]);
  const head = ['format'.padEnd(40), ' tried', '  read', ' refused', '   slowest', '   memory', 'why'];
  console.log(['', ...[head, ...rows].map((row) => row.join('  ')), ''].join('\n'));
});

async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`It takes longer than ${mostMs / 1000} s.`));
    }, mostMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const arrays = [
  'ArrayBuffer',
  'Int8Array',
  'Uint8Array',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
] as const;

/**
 * Watches what typed arrays and buffers are asked for, until the returned function is called: memory that was given
 * and not touched does not show in the process's own figures.
 * @returns gives the bytes of the largest
 */
function watchAllocations(): () => number {
  let largest = 0;
  const restore: (() => void)[] = [];
  for (const name of arrays) {
    const original = globalThis[name] as new (length: number) => ArrayBuffer;
    const each =
      name === 'ArrayBuffer' ? 1 : (globalThis[name] as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
    const watching: typeof original = new Proxy(original, {
      construct(target, args: [number], created) {
        if (typeof args[0] === 'number') largest = Math.max(largest, each * args[0]);
        return Reflect.construct(target, args, created === watching ? target : created) as object;
      },
    });
    Object.assign(globalThis, { [name]: watching });
    restore.push(() => Object.assign(globalThis, { [name]: original }));
  }
  for (const name of ['alloc', 'allocUnsafe'] as const) {
    const original = Buffer[name].bind(Buffer);
    Buffer[name] = (length: number, ...rest: []) => {
      largest = Math.max(largest, length);
      return original(length, ...rest);
    };
    restore.push(() => {
      Buffer[name] = original;
    });
  }
  return () => {
    for (const undo of restore) undo();
    return largest;
  };
}
