import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Watch } from '../replaceFile.ts';
import type {
  Hdf5Calls,
  Hdf5Dataset,
  Hdf5Entry,
  Hdf5Reply,
  Hdf5Request,
  Hdf5Source,
} from './hdf5Protocol.ts';

/** What the HDF5 library says of a damaged file. */
export class Hdf5Error extends Error {
  override readonly name = 'Hdf5Error';

  constructor(
    message: string,
    /** Path of the group or array at fault. */
    readonly object?: string,
  ) {
    super(message);
  }
}

/** No single call takes longer with a sound file: a read is at most 16 MiB. */
const mostMs = 10_000;
/** So much longer the first call may take, which waits for the thread and the library to start on a busy machine. */
const startMs = 30_000;
/** A thread that nobody uses for so long is ended; its memory is tens of megabytes. */
const idleMs = 5_000;
const blockBytes = 16 * 2 ** 20;
/** Far more than anybody's chunks take, and little enough to hold one. */
const maxChunkBytes = 256 * 2 ** 20;
/** Deflate's own limit is 1,032; weights are hardly compressible. */
const mostInflation = 200;

/** The thread that was used last, for the next file. */
let idle: Hdf5Thread | undefined;

class Hdf5Thread {
  broken = false;
  mostMs = mostMs;
  readonly #worker: Worker;
  #isStarted = false;
  #reply: ((reply: Hdf5Reply) => void) | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor() {
    // What the library prints about damaged files, its errors say too.
    this.#worker = new Worker(threadFile(), { stdout: true, stderr: true });
    this.#worker.on('message', (reply: Hdf5Reply) => this.#reply?.(reply));
    this.#worker.on('error', (error) => {
      this.broken = true;
      this.#reply?.({ error: error.message, broken: true });
    });
    this.#worker.on('exit', () => {
      this.broken = true;
      this.#reply?.({ error: 'the HDF5 library has ended', broken: true });
    });
  }

  async call<K extends keyof Hdf5Calls>(
    call: K,
    ...args: Parameters<Hdf5Calls[K]>
  ): Promise<ReturnType<Hdf5Calls[K]>> {
    if (this.broken) throw new Hdf5Error('the HDF5 library has ended');
    const reply = await new Promise<Hdf5Reply>((resolve) => {
      const timer = setTimeout(
        () => {
          resolve({ error: 'it keeps the HDF5 library busy without end', broken: true });
        },
        this.mostMs + (this.#isStarted ? 0 : startMs),
      );
      this.#reply = (reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      this.#worker.postMessage({ call, args } satisfies Hdf5Request);
    });
    this.#reply = undefined;
    this.#isStarted = true;
    if ('value' in reply) return reply.value as ReturnType<Hdf5Calls[K]>;
    if (reply.broken) this.end();
    const [object] = args;
    const isObject = call !== 'create' && typeof object === 'string';
    const fault = firstLine(reply.error);
    throw isObject ? new Hdf5Error(`at '${object}', ${fault}`, object) : new Hdf5Error(fault);
  }

  end(): void {
    this.broken = true;
    void this.#worker.terminate();
  }

  /** Neither the thread nor its timer keeps the process alive. */
  rest(): void {
    this.#worker.unref();
    this.#idleTimer = setTimeout(() => {
      if (idle === this) idle = undefined;
      this.end();
    }, idleMs).unref();
  }

  wake(): void {
    clearTimeout(this.#idleTimer);
    this.#worker.ref();
  }
}

/** An HDF5 file that is open. */
export class Hdf5File {
  readonly #thread: Hdf5Thread;
  /** Of the file. */
  readonly #bytes: number;

  constructor(thread: Hdf5Thread, bytes: number) {
    this.#thread = thread;
    this.#bytes = bytes;
  }

  texts(object: string, attribute: string): Promise<string[] | undefined> {
    return this.#thread.call('texts', object, attribute);
  }

  hasGroup(object: string): Promise<boolean> {
    return this.#thread.call('hasGroup', object);
  }

  entries(): Promise<Hdf5Entry[]> {
    return this.#thread.call('entries');
  }

  /** @throws Hdf5Error for an array that claims more than the file can hold, before anything is allocated for it. */
  async dataset(object: string): Promise<Hdf5Dataset | undefined> {
    const found = await this.#thread.call('dataset', object);
    if (found === undefined) return undefined;
    const bytes = found.shape.reduce((product, length) => product * length, 4);
    const most = this.#bytes * (found.filtered ? mostInflation : 1);
    if (found.elsewhere) throw new Hdf5Error(`'${object}' has its data in other files`, object);
    if (bytes > most || (found.chunkBytes ?? 0) > maxChunkBytes) {
      throw new Hdf5Error(
        `'${object}' claims ${found.shape.join(' x ')} numbers of a file of ${this.#bytes} bytes`,
        object,
      );
    }
    return found;
  }

  /** The numbers of an array that `dataset` has described, as float32. */
  async read(object: string, shape: readonly number[]): Promise<Float32Array> {
    const [rows = 1, ...others] = shape;
    const width = others.reduce((product, length) => product * length, 1);
    const data = new Float32Array(rows * width);
    for (const [begin, end] of blocks(rows, width)) {
      const part = await this.#thread.call('read', object, begin, end);
      if (part.length !== (end - begin) * width) {
        throw new Hdf5Error(`the data of '${object}' end early`, object);
      }
      data.set(part, begin * width);
    }
    return data;
  }
}

/** An HDF5 file that is being written. */
export class Hdf5Output {
  readonly #thread: Hdf5Thread;

  constructor(thread: Hdf5Thread) {
    this.#thread = thread;
  }

  setText(object: string, attribute: string, value: string | readonly string[]): Promise<void> {
    return this.#thread.call('setText', object, attribute, value);
  }

  makeGroup(object: string): Promise<void> {
    return this.#thread.call('makeGroup', object);
  }

  /** Opens the file that `copy` copies from. */
  openOrigin(source: Hdf5Source): Promise<void> {
    return this.#thread.call('openOrigin', source);
  }

  /**
   * Copies a group's or an array's texts and single numbers, and the numbers of an array as they are.
   * @param shape of an array
   * @param without texts of these names
   */
  async copy(
    from: string,
    to: string,
    shape?: readonly number[],
    without: readonly string[] = [],
  ): Promise<void> {
    if (shape === undefined) await this.makeGroup(to);
    else {
      const [rows = 1, ...others] = shape;
      const width = others.reduce((product, length) => product * length, 1);
      // Of up to eight bytes each.
      for (const [begin, end] of blocks(rows, 2 * width)) {
        await this.#thread.call('copyRows', from, to, begin, end);
      }
    }
    await this.#thread.call('copyAttributes', from, to, without);
  }

  /**
   * Writes an array block by block, so that memory holds one of them; a single block lies in one piece in the file.
   * @param deflated whether the blocks are compressed
   */
  async write(
    object: string,
    shape: readonly number[],
    data: Float32Array,
    deflated = false,
    watch?: Watch,
  ): Promise<void> {
    const [rows = 1, ...others] = shape;
    const width = others.reduce((product, length) => product * length, 1);
    for (const [begin, end] of blocks(rows, width)) {
      await watch?.();
      const part = data.subarray(begin * width, end * width);
      if (begin === 0) await this.#thread.call('write', object, shape, end, part.slice(), deflated);
      else await this.#thread.call('append', object, begin, part.slice());
    }
  }
}

/**
 * Opens an HDF5 file for reading while `use` runs.
 * @param most milliseconds that a call may take
 * @throws Hdf5Error where the library refuses the file, or ends over it
 */
export async function readHdf5<T>(
  source: Hdf5Source,
  use: (file: Hdf5File) => Promise<T>,
  most = mostMs,
): Promise<T> {
  const bytes = 'memory' in source ? source.memory.length : source.bytes;
  return withThread('open', source, (thread) => use(new Hdf5File(thread, bytes)), most);
}

/** Makes an HDF5 file, which must not be there yet, of what `use` writes. */
export async function writeHdf5(path: string, use: (file: Hdf5Output) => Promise<void>): Promise<void> {
  await withThread('create', path, (thread) => use(new Hdf5Output(thread)));
}

async function withThread<K extends 'open' | 'create', T>(
  call: K,
  argument: Parameters<Hdf5Calls[K]>[0],
  use: (thread: Hdf5Thread) => Promise<T>,
  most = mostMs,
): Promise<T> {
  const thread = idle?.broken === false ? idle : new Hdf5Thread();
  idle = undefined;
  thread.wake();
  thread.mostMs = most;
  try {
    await thread.call(call, ...([argument] as Parameters<Hdf5Calls[K]>));
    const result = await use(thread);
    await thread.call('close');
    return result;
  } catch (error) {
    if (!thread.broken) await thread.call('close').catch(() => undefined);
    throw error;
  } finally {
    keep(thread);
  }
}

/** For the next file. One is kept: several were at work at once where another is there already. */
function keep(thread: Hdf5Thread): void {
  if (thread.broken || idle !== undefined) {
    thread.end();
    return;
  }
  idle = thread;
  thread.rest();
}

/** The library tells where in its own code an error was found, over many lines. */
function firstLine(error: string): string {
  return (error.trim().split('\n')[0] ?? '').slice(0, 300).replace(/^error - |[.:!]$/g, '');
}

/** From and to which row, in blocks of `blockBytes`; at least one, also of no rows. */
function* blocks(rows: number, width: number): Generator<[number, number]> {
  const step = Math.max(1, Math.floor(blockBytes / 4 / Math.max(1, width)));
  for (let begin = 0; begin === 0 || begin < rows; begin += step) yield [begin, Math.min(rows, begin + step)];
}

/** Beside the bundle; of the sources, where the tests bundle it to. */
function threadFile(): string {
  const folder = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  const beside = join(folder, 'hdf5.cjs');
  return existsSync(beside) ? beside : join(folder, '../../../../out/hdf5/hdf5.cjs');
}
